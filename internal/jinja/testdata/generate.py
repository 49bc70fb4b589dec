"""Writes cases.json: templates, variables and what Jinja2 (3.1) makes of them, in the environment of transformers.

The templates are written for this test; they use what the templates of published models do."""

import json
import sys

from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


def raise_exception(message):
    raise ValueError(message)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
env.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = lambda f: "26 Nov 2026"

TOOL = {"type": "function", "function": {"name": "weather", "description": "天气 <now>", "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["a", "b"]}}, "required": ["city"]}}}
CHAT = [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": "你好\n"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHi"}, {"role": "user", "content": "and now?"}]
CALLS = [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": {"city": "北京", "n": 1.5, "ok": True, "no": None}}}]},
         {"role": "tool", "content": "sunny", "tool_call_id": "c1"}, {"role": "tool", "content": "warm"}]
BASE = {"messages": CHAT, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>"}

TEMPLATES = {
    "chatml": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "tools": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is defined and message.reasoning_content is not none %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- elif '</think>' in message.content %}
            {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
            {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\\n' }}
                {%- endif %}
                {%- if tool_call.function %}
                    {%- set tool_call = tool_call.function %}
                {%- endif %}
                {{- '<tool_call>\\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "headers": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{#- the system message is taken out -#}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- if tools is not none and tools %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {%- for arg_name, arg_val in tool_call.arguments | items %}
            {{- arg_name ~ '="' ~ arg_val ~ '"' }}
            {%- if not loop.last %}{{- ", " }}{%- endif %}
        {%- endfor %}
    {%- else %}
        {%- if message.content is mapping or message.content is iterable %}{{- message.content | tojson }}{%- else %}{{- message.content }}{%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
""",
    "alternate": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'].strip() + '\n\n' %}{% else %}{% set loop_messages = messages %}{% set system_message = '' %}{% endif %}
{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}
{% if loop.index0 == 0 %}{% set content = system_message + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}
{% if message['role'] == 'user' %}
{{ '[INST] ' + content.strip() + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' + content.strip() + ' ' + eos_token }}
{% endif %}{% endfor %}""",
    "macro": """{%- macro render(item, depth=0, sep=', ') -%}
{%- if item is mapping -%}
{ {%- for k, v in item|dictsort -%}{{ k }}:{{ render(v, depth + 1) }}{% if not loop.last %}{{ sep }}{% endif %}{%- endfor -%} }
{%- elif item is string -%}"{{ item }}"
{%- elif item is iterable -%}[{% for x in item %}{{ render(x, depth=depth+1) }}{{ "" if loop.last else sep }}{% endfor %}]
{%- else -%}{{ item }}{%- endif -%}
{%- endmacro -%}
{{ render(messages[-1]) }}|{{ render(messages, sep='; ') }}""",
    "odds": """{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 * 3 - 1 }} {{ 1.5 + 1 }} {{ 'a' * 1 if false else 'b' }} {{ none }} {{ true }} {{ [1, 'x', 2.0, {'k': none}] }}
{{ 'a' in 'abc' }} {{ 'x' not in ['y'] }} {{ (1, 2)|length }} {{ [3, 1, 2]|sort|join('-') }} {{ 'hello world'|title }} {{ 'hELLO'|capitalize }} {{ messages|map(attribute='role')|list }}
{{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ messages|rejectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|join(',') }} {{ nothing|default('d') }} {{ ''|default('e', true) }}
{{ 'a,b,c'.split(',', 1) }} {{ ' a  b '.split() }} {{ 'abc'[1:] }} {{ 'abc'[::-1] }} {{ 'abc'[-1] }} {{ 'x'.upper() }} {{ 'aXbX'.replace('X', 'y') }} {{ range(3)|list }} {{ 'it\\'s' }} {{ ["it's", 'say "x"'] }}
{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i > 4 %}{% break %}{% endif %}{{ i }}{% else %}none{% endfor %}
{% for x in [] %}{{ x }}{% else %}empty{% endfor %}
  {% if 1 < 2 <= 2 and not 1 > 2 %}
    indented
  {% endif %}
{% set block %}captured {{ 1 }}{% endset %}{{ block }} {{ 'tail'~1~none~2.5 }} {{ {'a': 1}.get('b', 'c') }} {{ {'a': {'b': 2}}.a.b }} {% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }} {{ 'z' if nothing is defined }}
{{- '\n' }}   {%+ if true %}kept{% endif %}
 {{ 5 is odd }} {{ 'q' is string }} {{ nothing is undefined }} {{ messages is sequence }} {{ {'b': 1, 'a': [2]}|tojson }} {{ 3|string + 'x' }} {{ '12'|int + 1 }} {{ "a\nb"|indent(2) }} {{ loop is defined }}
{{ (1 if false) is defined }} {{ not nothing }} {{ messages[99] is defined }} {{ 'a' == 'a' != false }} {{ 'ab'|first }} {{ 'ab'|last }} {{ 'é'|length }} {{ 1 == 1.0 }} {{ [1] + [2] }} {{ 'x'|upper|lower }} {{ messages|last is mapping }}
""",
}


def main():
    cases = []
    for name, template in TEMPLATES.items():
        for what, more in {"plain": {}, "tools": {"tools": [TOOL]}, "calls": {"tools": [TOOL], "messages": CALLS}, "no prompt": {"add_generation_prompt": False, "enable_thinking": False, "messages": CHAT[1:]}}.items():
            variables = BASE | {"tools": None} | more
            case = {"name": f"{name}, {what}", "template": template, "variables": variables}
            try:
                case["want"] = env.from_string(template).render(**variables)
            except Exception as e:
                case["error"] = str(e)
            cases.append(case)
    json.dump(cases, sys.stdout, ensure_ascii=False, indent=1)
    print()


main()
