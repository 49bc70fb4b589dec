"""Writes vocabularies of SentencePiece's form, and what tokenizers makes of random texts with them, for TestSentencePiece.

python sentencepiece.py TEXTS VOCAB OUT FILE...   (TEXTS a form; 30 and 520 made the file here, of the first 200 kB of a book in English and one in Chinese)
"""
import json, random, sys
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

texts, size, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
corpus = [line for f in sys.argv[4:] for line in open(f, encoding="utf-8").read(200000).splitlines() if line.strip()]
rng = random.Random(7)
replace, unreplace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
chain, strip = [unreplace, {"type": "ByteFallback"}, {"type": "Fuse"}], {"type": "Strip", "content": " ", "start": 1, "stop": 0}


def metaspace(scheme, split):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def form(normalizer, pre, strips=True):
    return {"normalizer": normalizer, "pre_tokenizer": pre, "decoder": {"type": "Sequence", "decoders": chain + [strip] * strips}}


forms = {
    "prepend": form({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]}, None),
    "replace": form(replace, None, False),
    "first": form(None, metaspace("first", False)),
    "first split": form(None, metaspace("first", True)),
    "always": form(None, metaspace("always", False)),
    "always split": form(None, metaspace("always", True)),
    "never": form(None, metaspace("never", False), False),
}
base = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]


def train(split, every):
    """A vocabulary; every merge that makes a token is listed where every is set, as converters from SentencePiece list them."""
    t = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    if split:
        t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=True)
    t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=size, special_tokens=base, limit_alphabet=size // 5, show_progress=False))
    f = json.loads(t.to_str())
    vocab, merges = f["model"]["vocab"], [m if isinstance(m, list) else m.split(" ") for m in f["model"]["merges"]]
    if every:
        merges = [[w[:k], w[k:]] for w in sorted(vocab, key=vocab.get) if w not in base for k in range(1, len(w)) if w[:k] in vocab and w[k:] in vocab]
    else:
        merges = [" ".join(m) for m in merges]
    f["added_tokens"] = [{"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": s}
                         for i, c, s in [(0, "<unk>", True), (1, "<s>", True), (2, "</s>", True), (len(vocab), "<think>", False), (len(vocab) + 1, "老磨坊", True), (len(vocab) + 2, "▁<PRE>", False), (vocab["了"], "了", False)]]
    f["model"]["merges"] = merges
    return f


odd = ["", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "▁", "▁▁", " ▁", "<s>", "</s>", "<unk>", "<think>", "老磨坊", "▁<PRE>", " <PRE>", "了", "<0x41>", "<0xE4>", "🙂", "👩‍👩‍👧", "é", "e\u0301", "\u00a0", "\u3000", "\u200b", "龘", "𠀀", "ﬁ", "Ω", "ا", "\0"]


def text():
    parts = []
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5, 8])):
        if rng.random() < 0.5:
            parts.append(rng.choice(odd))
        else:
            line = rng.choice(corpus)
            at = rng.randrange(len(line))
            parts.append(line[at:at + rng.choice([1, 3, 9, 30])])
        parts.append(rng.choice(["", "", " ", "  "]))
    return "".join(parts)


result = []
for split, every in [(True, True), (False, False)]:
    file = train(split, every)
    cases = []
    for name, f in forms.items():
        whole, plain = (Tokenizer.from_str(json.dumps({**file, **f, **more})) for more in ({}, {"added_tokens": []}))
        for t in odd + [text() for _ in range(texts)]:
            ids, special = plain.encode(t).ids, whole.encode(t, add_special_tokens=False).ids
            cases.append({"form": name, "text": t, "ids": ids, "special": special, "decoded": whole.decode(special, skip_special_tokens=False)})
    result.append({"tokenizer": file, "forms": forms, "cases": cases})
with open(out, "w", encoding="utf-8") as f:
    for r in result:
        f.write(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n")
