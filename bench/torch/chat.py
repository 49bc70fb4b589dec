"""Writes the tokens that transformers makes of conversations, for TestTemplatePeer of package train:

FEILUN_PEER=DIR go test ./train -run TestTemplatePeer; python bench/torch/chat.py DIR > train/testdata/transformers-chat.json
"""
import json
import sys

from transformers import AutoTokenizer

tok = AutoTokenizer.from_pretrained(sys.argv[1])
chats = [
    [("user", "the mill"), ("assistant", "stood still until March, ")],
    [("system", " be short "), ("user", "磨坊？\n\n1947"), ("assistant", "没有动静。\n\n  yes")],
    [("user", "Who are you?"), ("assistant", "the mill\n"), ("user", "\nwhy  so"), ("assistant", "\n\nuntil March, 1234567 ŵ")],
    [("user", "<|im_start|> is text <| here"), ("assistant", "🙂 I'LL see\r\n\tx")],
]
chats = [[{"role": r, "content": c} for r, c in chat] for chat in chats]
render = lambda c, ask: tok.apply_chat_template(c, add_generation_prompt=ask, tokenize=True, return_dict=False)
json.dump({"conversations": chats, "ids": [render(c, False) for c in chats], "asked": [render(c[:-1], True) for c in chats]}, sys.stdout, ensure_ascii=False)
print()
