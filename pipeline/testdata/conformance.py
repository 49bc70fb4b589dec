"""Asks datatrove about the documents of TestDatatrove: reads lines of JSON with
recipe, step, text and language, and answers with the filter's reason, "" if the
document stays, and the text after it."""
import json
import sys

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

ZH_STOPS = "的 年 在 月 是 和 日 了 於 · 為 有 被 人 中 为 他 與 後 也 而 由".split()


def build(recipe, step):
    if recipe == "fineweb2-zh":
        if step == "gopher_quality":
            return GopherQualityFilter(language="cmn_Hani", min_avg_word_length=1, max_avg_word_length=5, max_non_alpha_words_ratio=0.735, stop_words=ZH_STOPS, min_stop_words=2)
        if step == "gopher_repetition":
            return GopherRepetitionFilter(language="cmn_Hani", dup_line_frac=0.287, dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0,
                                          top_n_grams=((2, 0.256), (3, 0.201), (4, 0.171)),
                                          dup_n_grams=((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)))
        return FineWebQualityFilter(language="cmn_Hani", short_line_thr=999, char_duplicates_ratio=0.1, line_punct_thr=0.106, new_line_ratio=0.178)
    if step == "gopher_quality":
        return GopherQualityFilter()
    if step == "gopher_repetition":
        return GopherRepetitionFilter()
    if step == "fineweb":
        return FineWebQualityFilter()
    return C4QualityFilter(filter_no_terminal_punct=recipe == "c4")


filters = {}
for line in sys.stdin:
    case = json.loads(line)
    key = case["recipe"], case["step"]
    if key not in filters:
        filters[key] = build(*key)
    doc = Document(text=case["text"], id="0")
    got = filters[key].filter(doc)
    reason = "" if got is True else got[1] if isinstance(got, tuple) else "dropped"
    print(json.dumps({"reason": reason, "text": doc.text}))
