"""The Python package openai against feilun serve. Prints a line of JSON for each scenario."""

import asyncio
import json
import os
import re
import sys
import time
import traceback
import urllib.request

import openai

BASE = os.environ["FEILUN_URL"]  # of the server, ending in /
MODEL = "scripted"
client = openai.OpenAI(base_url=BASE + "v1", api_key="none", max_retries=0)
WEATHER = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]


def ask(content, **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}], **more)


def text(stream):
    return "".join(c.choices[0].delta.content or "" for c in stream if c.choices)


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def fails(kind, f):
    try:
        got = f()
    except kind as e:
        return e
    raise AssertionError(f"no error, but {got!r:.200}")


def metric(name):
    with urllib.request.urlopen(BASE + "metrics") as r:
        return float(re.search(rf"^feilun_serve_{name} (.+)$", r.read().decode(), re.M)[1])


def stopped(before):
    for _ in range(200):
        if metric("generations_cancelled_total") > before:
            return
        time.sleep(0.025)
    raise AssertionError("the server goes on generating")


def list_models():
    equal([m.id for m in client.models.list()], [MODEL])
    equal(client.models.retrieve(MODEL).object, "model")


def chat():
    r = ask("hello")
    equal((r.choices[0].message.content, r.choices[0].finish_reason), ("hello", "stop"))


def stream():
    chunks = list(ask("hello world", stream=True))
    equal(len({c.id for c in chunks}), 1)
    equal(text(chunks), "hello world")
    equal(chunks[-1].choices[0].finish_reason, "stop")


def stream_helper():
    with client.chat.completions.stream(model=MODEL, messages=[{"role": "user", "content": "hello"}]) as s:
        for _ in s:
            pass
        r = s.get_final_completion()
    equal((r.choices[0].message.content, r.choices[0].finish_reason), ("hello", "stop"))


def leaving_ends_the_generation():
    before = metric("generations_cancelled_total")
    with ask("[slow]", stream=True) as s:
        for c in s:
            if c.choices[0].delta.content:
                break
    stopped(before)


def timeout_ends_the_generation():
    before = metric("generations_cancelled_total")
    fails(openai.APITimeoutError, lambda: ask("[slow]", timeout=0.3))
    stopped(before)


def stop_sequence():
    equal(ask("one two three", stop="three").choices[0].message.content, "one two ")


def length():
    r = ask("one two three", max_tokens=3)
    equal((r.choices[0].message.content, r.choices[0].finish_reason), ("one", "length"))


def usage_is_the_same_streamed():
    last = list(ask("[long]", stream=True, stream_options={"include_usage": True}))[-1]
    equal(last.choices, [])
    equal(last.usage, ask("[long]").usage)


def seed():
    equal([c.message.content for c in ask("[seed]", seed=41, n=2).choices], ["seed 41", "seed 42"])


def tools():
    c = ask("[tool]", tools=WEATHER).choices[0]
    equal((c.finish_reason, c.message.content), ("tool_calls", None))
    equal([json.loads(t.function.arguments)["city"] for t in c.message.tool_calls], ["北京", "上海"])


def tools_streamed():
    with client.chat.completions.stream(model=MODEL, tools=WEATHER, messages=[{"role": "user", "content": "[tool]"}]) as s:
        calls = s.get_final_completion().choices[0].message.tool_calls
    equal([(t.id, t.function.arguments) for t in calls], [("call_0", '{"city":"北京"}'), ("call_1", '{"city":"上海"}')])


def response_format():
    schema = {"name": "x", "schema": {"type": "object"}}
    r = ask("[json]", response_format={"type": "json_schema", "json_schema": schema})
    equal(json.loads(r.choices[0].message.content), {"name": "飞轮", "n": 7})


def logprobs():
    t = ask("你", logprobs=True, top_logprobs=2).choices[0].logprobs.content[0]
    equal((t.token, t.bytes, len(t.top_logprobs)), ("你", [228, 189, 160], 2))


def embeddings():
    by_bytes = client.embeddings.create(model=MODEL, input=["abc", "你好"])
    numbers = client.embeddings.create(model=MODEL, input=["abc", "你好"], encoding_format="float")
    for a, b in zip(by_bytes.data, numbers.data, strict=True):
        equal(len(a.embedding), 32)
        assert all(abs(x - y) < 1e-6 for x, y in zip(a.embedding, b.embedding, strict=True))
    equal(len(client.embeddings.create(model=MODEL, input="abc").data), 1)


def errors():
    e = fails(openai.BadRequestError, lambda: ask("x", temperature=9))
    equal(e.param, "temperature")
    equal(fails(openai.AuthenticationError, lambda: ask("[401]")).code, "invalid_api_key")
    e = fails(openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "x"}]))
    equal(e.code, "model_not_found")
    equal(fails(openai.BadRequestError, lambda: ask("x" * 9000)).code, "context_length_exceeded")


def too_many_is_tried_again():
    began = time.monotonic()
    fails(openai.RateLimitError, lambda: client.with_options(max_retries=1).chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "[429]"}]))
    assert time.monotonic() - began >= 0.9, "it did not wait as Retry-After says"


def error_in_the_middle_of_a_stream():
    e = fails(openai.APIError, lambda: text(ask("[break]", stream=True)))
    assert "model server" in e.message, e.message


def chinese():
    zh = "飞轮是一个从爬取到聊天的完整程序。🚀👩‍🚀"
    equal(ask("[zh]").choices[0].message.content, zh)
    equal(text(ask("[zh]", stream=True)), zh)


def two_streams_at_once():
    async def both():
        c = openai.AsyncOpenAI(base_url=BASE + "v1", api_key="none", max_retries=0)

        async def one(content):
            out = ""
            async for chunk in await c.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}], stream=True):
                out += chunk.choices[0].delta.content or ""
            return out

        return await asyncio.gather(one("[long]"), one("first second"))

    a, b = asyncio.run(both())
    assert a.startswith("第0句。第1句。") and a.endswith("第99句。"), a
    equal(b, "first second")


def completions():
    r = client.completions.create(model=MODEL, prompt="你好", echo=True, logprobs=1, max_tokens=0).choices[0]
    equal((r.text, r.logprobs.tokens, r.logprobs.token_logprobs[0]), ("你好", ["你", "好"], None))
    s = client.completions.create(model=MODEL, prompt="abc", stream=True)
    equal("".join(c.choices[0].text for c in s), "abc")


def responses():
    r = client.responses.create(model=MODEL, instructions="x", input="hello")
    equal((r.status, r.output_text), ("completed", "hello"))
    with client.responses.stream(model=MODEL, input="[reason]") as s:
        kinds = [e.type for e in s]
        final = s.get_final_response()
    equal((kinds[0], kinds[-1], [o.type for o in final.output]), ("response.created", "response.completed", ["reasoning", "message"]))


def main():
    failed = False
    for f in (list_models, chat, stream, stream_helper, leaving_ends_the_generation, timeout_ends_the_generation, stop_sequence, length,
              usage_is_the_same_streamed, seed, tools, tools_streamed, response_format, logprobs, embeddings, errors, too_many_is_tried_again,
              error_in_the_middle_of_a_stream, chinese, two_streams_at_once, completions, responses):
        line = {"scenario": f.__name__.replace("_", " ")}
        try:
            f()
        except Exception:
            line["error"] = traceback.format_exc()
            failed = True
        print(json.dumps(line), flush=True)
    sys.exit(failed)


main()
