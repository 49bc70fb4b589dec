"""Writes jieba.bin.zst: the dictionary and the character model of jieba 0.42.1,
in the form that dictionary.go reads (docs/formats/jieba.md).

Run with jieba and zstandard installed:  python3 dictionary.py
"""

import struct
from math import log

import jieba
import zstandard
from jieba.finalseg.prob_emit import P as emit

assert jieba.__version__ == "0.42.1"


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def doubles(values):
    return varint(len(values)) + b"".join(struct.pack("<d", v) for v in values)


def section(items):
    body = b"".join(map(varint, items))
    return varint(len(body)) + body


def trie(freq):
    """Nodes in breadth-first order: number of children, label, frequency."""
    children = {}
    for w in freq:
        children.setdefault(w[:-1], []).append(w[-1])
    counts, labels, freqs = [], [], []
    level = [""]
    while level:
        below = []
        for w in level:
            cs = sorted(children.get(w, []))
            counts.append(len(cs))
            last = 0
            for c in cs:
                labels.append(ord(c) - last)
                last = ord(c)
                freqs.append(freq[w + c])
                below.append(w + c)
        level = below
    return counts, labels, freqs


def main():
    jieba.initialize()
    freq, total = jieba.dt.FREQ, jieba.dt.total
    assert len(freq) == 498113 and total == 60101967
    counts, labels, freqs = trie(freq)
    # Weights are stored, not computed on reading, because math.Log and the C
    # library's log differ in the last bit now and then.
    known = sorted(set(freqs) | {1})
    index = {f: i + 1 for i, f in enumerate(known)}
    out = section(counts) + section(labels) + section(index[f] if f else 0 for f in freqs)
    out += doubles([log(f or 1) - log(total) for f in known])
    for state in "BEMS":
        chars = sorted(emit[state])
        values = sorted(set(emit[state].values()))
        rank = {v: i for i, v in enumerate(values)}
        out += doubles(values)
        out += section(ord(b) - ord(a) for a, b in zip(["\0"] + chars[:-1], chars))
        out += section(rank[emit[state][c]] for c in chars)
    with open("jieba.bin.zst", "wb") as f:
        f.write(zstandard.ZstdCompressor(level=22).compress(out))
    print(len(out), "bytes")


main()
