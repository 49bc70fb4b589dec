"""Writes what SentencePiece makes of random texts, for TestOracle."""
import json, random, sys
import sentencepiece
sp = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
rng = random.Random(11)
ranges = [(9, 126), (9, 126), (0x80, 0x24f), (0x300, 0x36f), (0x2000, 0x206f), (0x3000, 0x30ff), (0x4e00, 0x9fff), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfb00, 0xfdff), (0xfe30, 0xffef), (0x1d400, 0x1d7ff), (0x1f300, 0x1f6ff), (0x2f800, 0x2fa1d)]
words = "the old mill stood by river 老磨坊 立在 河边 水车 的 声音 2024 １２３ ﬁ … ① Ⅷ ㍿ e\u0301".split()
for _ in range(20000):
    parts = []
    for _ in range(rng.randint(0, 25)):
        if rng.random() < 0.5:
            parts.append(rng.choice(words) + rng.choice(["", " ", "  ", "\n"]))
        else:
            a, b = rng.choice(ranges)
            parts.append(chr(rng.randint(a, b)))
    text = "".join(parts)
    print(json.dumps({"text": text, "normal": sp.normalize(text), "pieces": sp.encode_as_pieces(text)}))
