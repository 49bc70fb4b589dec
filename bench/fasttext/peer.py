"""Drives the fasttext module for bench/fasttext: commands on standard input, one
JSON object a line; answers on standard output likewise. Time is processor time."""
import json, sys, time
import fasttext

fasttext.FastText.eprint = lambda *a, **k: None
models = {}
for line in sys.stdin:
    c = json.loads(line)
    out = {}
    if c["do"] == "train":
        start = time.process_time()
        m = fasttext.train_supervised(input=c["input"], **c["args"])
        out["seconds"] = time.process_time() - start
        m.save_model(c["model"])
    elif c["do"] == "load":
        models = {c["model"]: fasttext.load_model(c["model"])}
    elif c["do"] == "quantize":
        m = fasttext.load_model(c["model"])
        m.quantize(**c["args"])
        m.save_model(c["output"])
    elif c["do"] == "predict":
        with open(c["docs"], encoding="utf-8", errors="surrogateescape", newline="\n") as f:
            docs = f.read().split("\n")[:-1]
        f = models[c["model"]].f
        lines = [d + "\n" for d in docs]
        start = time.process_time()
        labels, probs = f.multilinePredict(lines, c["k"], 0.0, "strict")
        out["seconds"] = time.process_time() - start
        out["labels"] = [list(x) for x in labels]
        out["probs"] = [[float(y) for y in x] for x in probs]
    print(json.dumps(out), flush=True)
