"""Writes unicode_tables.go and english_tables.go: what Python's str methods and
spaCy's character classes say about every code point, pinned to the versions
that the published recipes ran on.

Run with Python 3.11 (Unicode 14) and spaCy 3.8:  python3 tables.py
"""

import re
import sys
import unicodedata

import spacy
from datatrove.utils.text import PUNCTUATION, TERMINAL_PUNCTUATION
from spacy.lang import char_classes as cc
from spacy.lang.en import English
from spacy.lang.xx import MultiLanguage
from spacy.lang.punctuation import TOKENIZER_PREFIXES, TOKENIZER_SUFFIXES
from spacy.pipeline import Sentencizer
from spacy.symbols import ORTH

assert unicodedata.unidata_version == "14.0.0"

NAMES = "space letter digit mark punct symbol terminal word alpha lower upper icon prefix currency beforeDot stop quote starter".split()


def one(entries):
    """The entries of a rule list that stand for one fixed character."""
    out = set()
    for e in entries:
        e = e.replace("\\", "") if len(e) == 2 and e[0] == "\\" else e
        if len(e) == 1:
            out.add(e)
    return out


def spans(of):
    """Runs of equal values over all code points."""
    runs, last = [], None
    for c in range(0x110000):
        v = of(c)
        if v != last:
            runs.append((c, v))
            last = v
    return runs


def classes():
    alpha, lower, upper, icon = (re.compile("[" + s + "]") for s in (cc.ALPHA, cc.ALPHA_LOWER, cc.ALPHA_UPPER, cc.CONCAT_ICONS))
    dot = next(s for s in English.Defaults.suffixes if s.endswith(r"\.") and "%" in s)
    dot = re.compile(dot[len("(?<="):-len(r")\.")])
    # Single characters that may be cut off in front; those that may be cut off
    # behind are the same but for currency and § % = which are only in front.
    affix = one(cc.LIST_PUNCT) | one(cc.LIST_ELLIPSES) | one(cc.LIST_QUOTES) | {"–", "—"}
    assert affix == (one(TOKENIZER_SUFFIXES)), affix ^ one(TOKENIZER_SUFFIXES)
    currency = one(cc.LIST_CURRENCY)
    assert one(TOKENIZER_PREFIXES) == affix | currency | set("§%="), "prefixes changed"
    stop, quote = set(Sentencizer.default_punct_chars), set(cc.CONCAT_QUOTES) - {"\\"}
    symbol, terminal = set(PUNCTUATION), set(TERMINAL_PUNCTUATION)

    def of(c):
        ch = chr(c)
        cat = unicodedata.category(ch)
        flags = [
            ch.isspace(), ch.isalpha(), cat == "Nd", cat == "Mn", cat[0] == "P", ch in symbol, ch in terminal,
            ch.isalnum() or ch == "_", bool(alpha.match(ch)), bool(lower.match(ch)), bool(upper.match(ch)),
            bool(icon.match(ch)), ch in affix, ch in currency, bool(dot.match(ch)), ch in stop, ch in quote,
            cat == "Mn" and unicodedata.combining(unicodedata.normalize("NFD", ch)[0]) == 0,
        ]
        return sum(1 << i for i, f in enumerate(flags) if f)

    return spans(of)


def lowered():
    """Runs lo, hi, stride, delta of characters with a one-character lower case."""
    pairs = [(c, ord(chr(c).lower())) for c in range(0x110000) if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
    assert [c for c in range(0x110000) if len(chr(c).lower()) != 1] == [0x130]
    runs = []
    for c, l in pairs:
        if runs and runs[-1][3] == l - c:
            lo, hi, stride, d = runs[-1]
            if lo == hi and c - hi <= 2 or stride == c - hi:
                runs[-1] = (lo, c, c - hi, d)
                continue
        runs.append((c, c, 1, l - c))
    return runs


def cased():
    """Characters that decide whether a sigma ends a word."""
    def is_cased(c):
        # U+03A3 becomes a final sigma exactly after a cased character and ...
        return ("a" + "\u03a3" + chr(c)).lower()[1] == "σ"

    def ignorable(c):
        # ... characters that are looked through on the way there.
        return ("a" + chr(c) + "\u03a3").lower()[-1] == "ς" and not (chr(c) + "\u03a3").lower()[-1] == "ς"

    def of(c):
        if 0xD800 <= c < 0xE000:
            return 0
        return (1 if is_cased(c) else 0) | (2 if ignorable(c) else 0)

    return spans(of)


def decomposed():
    """Characters whose full canonical decomposition, marks left out, differs."""
    out = []
    for c in range(0x110000):
        if 0xAC00 <= c < 0xD7A4 or 0xD800 <= c < 0xE000:
            continue
        full = unicodedata.normalize("NFD", chr(c))
        if full != chr(c):
            out.append((c, "".join(x for x in full if unicodedata.category(x) != "Mn")))
    return out


def classed():
    """Combining classes of characters that are not marks of category Mn."""
    return [(c, unicodedata.combining(chr(c))) for c in range(0x110000)
            if unicodedata.combining(chr(c)) and unicodedata.category(chr(c)) != "Mn"]


def quote(s):
    out = []
    for ch in s:
        if ch in '"\\':
            out.append("\\" + ch)
        elif 32 <= ord(ch) < 127:
            out.append(ch)
        elif ord(ch) < 0x10000:
            out.append("\\u%04x" % ord(ch))
        else:
            out.append("\\U%08x" % ord(ch))
    return '"' + "".join(out) + '"'


def wrap(items, per):
    return "".join("\t" + " ".join(items[i:i + per]) + "\n" for i in range(0, len(items), per))


def unicode_tables(f):
    p = lambda *a: print(*a, file=f)
    p("// Code generated by tables.py from Python %d.%d (Unicode %s) and spaCy %s; DO NOT EDIT.\n" % (*sys.version_info[:2], unicodedata.unidata_version, spacy.__version__))
    p("package words\n\nconst (")
    for i, n in enumerate(NAMES):
        p("\tis%s = 1 << %d" % (n[0].upper() + n[1:], i))
    p(")\n\n// classRuns gives where a run of code points with equal classes begins.\nvar classRuns = [...]struct {\n\tfrom rune\n\tis   uint32\n}{")
    f.write(wrap(["{%#x, %#x}," % r for r in classes()], 8))
    p("}\n\n// lowerRuns are code points, from lo to hi by stride, whose lower case lies delta away.\nvar lowerRuns = [...]struct{ lo, hi, stride, delta rune }{")
    f.write(wrap(["{%#x, %#x, %d, %d}," % r for r in lowered()], 6))
    p("}\n\n// casedRuns gives where runs begin of code points that are cased (1) or looked\n// through (2) when a capital sigma is lowered.\nvar casedRuns = [...]struct {\n\tfrom rune\n\tis   uint8\n}{")
    f.write(wrap(["{%#x, %d}," % r for r in cased()], 10))
    p("}\n\n// decompositions are canonical ones in full, nonspacing marks left out.\nvar decompositions = [...]struct {\n\tr  rune\n\tto string\n}{")
    f.write(wrap(["{%#x, %s}," % (c, quote(s)) for c, s in decomposed()], 6))
    p("}\n\n// combiningClasses are those of characters that are not nonspacing marks.\nvar combiningClasses = [...]struct {\n\tr     rune\n\tclass uint8\n}{")
    f.write(wrap(["{%#x, %d}," % r for r in classed()], 8))
    p("}")


def rules(defaults):
    out = []
    for k, toks in sorted(defaults.tokenizer_exceptions.items()):
        if not k.isspace():
            out.append((k, [t[ORTH] for t in toks]))
    return out


def english_tables(f):
    p = lambda *a: print(*a, file=f)
    p("// Code generated by tables.py from spaCy %s; DO NOT EDIT.\n\npackage words\n" % spacy.__version__)
    xx = {k for k, _ in rules(spacy.blank("xx").Defaults)}
    en = rules(spacy.blank("en").Defaults)
    p("// specialsBase are spans with a fixed split in every language, one per line,\n// the tokens separated by spaces.")
    p("const specialsBase = \"\" +")
    f.write(" +\n".join("\t" + quote(" ".join(t) + "\n") for k, t in rules(spacy.blank("xx").Defaults)).replace("\\u000a", "\\n") + "\n\n")
    p("// specialsEnglish are those of English alone.")
    p("const specialsEnglish = \"\" +")
    f.write(" +\n".join("\t" + quote(" ".join(t) + "\n") for k, t in en if k not in xx).replace("\\u000a", "\\n") + "\n\n")
    units = [u for u in cc.LIST_UNITS]
    p("// units may be cut off behind a digit.\nvar units = [...]string{")
    f.write(wrap([quote(u) + "," for u in units], 12))
    p("}")


if __name__ == "__main__":
    with open("unicode_tables.go", "w") as f:
        unicode_tables(f)
    with open("english_tables.go", "w") as f:
        english_tables(f)
