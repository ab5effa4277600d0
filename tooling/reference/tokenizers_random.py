"""Tokenizers of parts joined at random, texts of Unicode's oddities, and the ids of Python's `tokenizers`.

    python tooling/reference/tokenizers_random.py SEED TOKENIZERS TEXTS > FILE

`tooling/tokenizers.ts` runs it and reads the lines that it prints, one for each tokenizer.
"""

import json
import os
import random
import signal
import sys
import unicodedata

from tokenizer_rules import (BYTES, MODELS, WAYS, added, bert, bpe, byte_level, contents, metaspace, normalizers, part,
                             pre_tokenizers, precompiled, replace, split, strip)
from tokenizers import Tokenizer

SPACES = [*range(9, 14), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F,
          0x205F, 0x2060, 0x3000, 0xFEFF]
ODD = list("İıẞßΣσςǅǆﬁﬀſKÅΩµªº①½²³¹Ⅷ٣３Ａａ～∼▁ĠĊ—–…“”‘’«»$+<=>^`|~_-·•\u00ad\u034f\u2060\ufffd\ufdd0\U0010ffff\x00\x01\x7f\ue000")
PIECES = ["a", "red", "Cat", "doesn't", "I'M", "'ſ", "don’t", " ", "  ", "\t", "\r\n", "12", "3.14", "$9", "@you", "e\u0301",
          "E\u0301", "i̇", "각", "か\u3099", "カ", "ｶﾞ", "東京", "𠀀", "한국어", "สวัสดี", "नमस्ते", "क्षि", "👨‍👩‍👧", "🇩🇪", "👍🏽", "1️⃣",
          "می\u200cخواهم", "[X]", "<s>", "<mask>", "▁", "_", "--", "...", "!?", "ab", "abc", "aab"]
CATEGORIES = {}
for code in range(1, 0x110000):
    if not 0xD800 <= code <= 0xDFFF:
        CATEGORIES.setdefault(unicodedata.category(chr(code)), []).append(code)

NORMALIZERS = [
    *(part(kind) for kind in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt")),
    part("Prepend", prepend="▁"), replace(r"\s+", " "), replace(r"[^\w\s]", ""), replace("\n$", "E"),
    part("Replace", pattern={"String": "a"}, content="bb"), strip(), strip(right=False), bert(), bert(lowercase=False),
    bert(strip_accents=True, lowercase=False, clean_text=False), precompiled(),
]
PRE_TOKENIZERS = [
    *(part(kind) for kind in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer")),
    *(part("Digits", individual_digits=each) for each in (True, False)), byte_level(), byte_level(prefix=True),
    part("CharDelimiterSplit", delimiter="▁"), part("FixedLength", length=2),
    *(part("Punctuation", behavior=way) for way in WAYS),
    *(metaspace(scheme, splits) for scheme in ("always", "first", "never") for splits in (True, False)),
    *(split(regex, way, inverted) for regex in (r"\s+", r"\w+", "[a-z]+", r"\d", r"\p{L}+", ".$", "^.")
      for way in WAYS for inverted in (False, True)),
]
TOKENS = ["ab", "abc", " ab", "[X]", "<mask>", "é", "É", "東", "  ", "\n", "a b", "--", "Cat", "İ", "ﬁ", "12", "'", "🇩🇪", "!"]
SPELLED = bpe(BYTES, [], byte_fallback=True, end_of_word_suffix="</w>")


def letter(draw):
    return draw.choices([
        lambda: chr(draw.choice(SPACES)),
        lambda: draw.choice(ODD),
        lambda: chr(draw.choice(CATEGORIES["Mn"] + CATEGORIES["Mc"])),
        lambda: chr(draw.randrange(0x21, 0x250)),
        lambda: chr(draw.choice(range(0xAC00, 0xD7A4))),
        lambda: chr(draw.choice(CATEGORIES[draw.choice(list(CATEGORIES))])),
    ], [12, 10, 8, 8, 6, 56])[0]()


def text(draw):
    return "".join(draw.choice(PIECES) if draw.random() < 0.5 else "".join(letter(draw) for _ in range(draw.randint(1, 3)))
                   for _ in range(draw.choice([1, 2, 3, 4, 6, 10])))


def tokenizer(draw):
    def some(parts, joined, most):
        return joined(*draw.choices(parts, k=draw.randint(1, most))) if draw.random() < 0.8 else None

    whole = draw.random() < 0.2
    tokens = [] if whole else draw.sample(TOKENS, draw.choice([0, 0, 1, 3, 6]))
    flags = ("lstrip", "rstrip", "single_word", "normalized", "special")
    drawn = [{**each, **{flag: draw.random() < 0.3 for flag in flags}} for each in added(tokens)]
    model = draw.choice(list(MODELS.values())) if whole else SPELLED
    return contents(model, some(NORMALIZERS, normalizers, 3), some(PRE_TOKENIZERS, pre_tokenizers, 3), drawn)


def ids_of(described, texts):
    """The ids of each text, null where Python's library refuses it, or None: parts can make it run out of memory."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        found = []
        try:
            made = Tokenizer.from_str(json.dumps(described))
        except BaseException:
            os._exit(1)
        for each in texts:
            try:
                found.append(made.encode(each).ids)
            except BaseException:
                found.append(None)
        with os.fdopen(writing, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        told = file.read()
    return json.loads(told) if os.waitpid(child, 0)[1] == 0 else None


def main():
    seed, tokenizers, count = map(int, sys.argv[1:4])
    draw = random.Random(seed)
    for _ in range(tokenizers):
        described, texts = tokenizer(draw), [text(draw) for _ in range(count)]
        print(json.dumps({"tokenizer": described, "texts": texts, "ids": ids_of(described, texts)}))


main()
