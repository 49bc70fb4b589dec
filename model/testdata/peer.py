"""Lets transformers read the models that FEILUN_PEER=FOLDER go test -run Peer wrote,
and compares its logits and greedy tokens: python3 peer.py FOLDER."""
import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM
root = pathlib.Path(sys.argv[1])
for d in sorted(root.iterdir()):
    m = AutoModelForCausalLM.from_pretrained(d, dtype=torch.float32, attn_implementation="eager").eval()
    ids = json.load(open(d/'ids.json'))
    x = torch.tensor([ids['prompt']])
    with torch.no_grad():
        lg = m(x).logits[0,-1]
        g = m.generate(x, attention_mask=torch.ones_like(x), max_new_tokens=len(ids['greedy']), do_sample=False, eos_token_id=-1, pad_token_id=0)[0][len(ids['prompt']):].tolist()
    print(d.name, type(m).__name__, "greedy equal", g == ids['greedy'], len(g), "max rel logit diff %.2g" % ((lg-torch.tensor(ids['last'])).abs().max()/lg.abs().max()).item())
