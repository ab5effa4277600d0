"""How Hugging Face's `tokenizers` takes texts apart: by kinds of normalizers and pre-tokenizers the
pieces, and by models with unknown letters the ids.

    python tooling/reference/tokenizer_rules.py > packages/data/fixtures/tokenizer-rules.json
"""

import json

from tokenizers import Regex, Tokenizer, models
from tokenizers import normalizers as n
from tokenizers import pre_tokenizers as p

TEXTS = [
    "a Café, naïve — “so”... it's v1.2_beta!!",
    "ΣΑΣ ς İ",
    "𠀀𠀁 x𠮷y 日\ufeff本",
    "می\u200cخواهم नमस्ते 👨‍👩‍👧",
    "１２３ ½ Ⅷ① 42",
    "x\u0085y z\ufeff \ufeffw",
    "z$y ,b  --c-",
]
SPLITS = {
    "removed": r"\s+", "isolated": r"[a-z]+", "contiguous": r"[aeiou -]", "merged_with_previous": r"\s+",
    "merged_with_next": r"[-,]",
}
CASES = {
    "Whitespace": (None, p.Whitespace()),
    "WhitespaceSplit": (None, p.WhitespaceSplit()),
    "BertPreTokenizer": (None, p.BertPreTokenizer()),
    "Digits": (None, p.Digits()),
    "each digit": (None, p.Sequence([p.WhitespaceSplit(), p.Digits(individual_digits=True)])),
    **{f"Punctuation {way}": (None, p.Punctuation(way)) for way in SPLITS},
    **{f"Split {way}": (None, p.Split(Regex(regex), way)) for way, regex in SPLITS.items()},
    "Split merged by a text": (None, p.Split("-", "merged_with_previous")),
    "the rest of Split isolated": (None, p.Split(Regex("[a-z]+"), "isolated", invert=True)),
    "Metaspace": (None, p.Metaspace()),
    "Lowercase": (n.Lowercase(), p.WhitespaceSplit()),
    "BertNormalizer": (n.BertNormalizer(lowercase=True), p.BertPreTokenizer()),
    "BertNormalizer, cased": (n.BertNormalizer(lowercase=False), p.BertPreTokenizer()),
    "Replace": (n.Sequence([n.Replace("z", "$&$1"), n.Lowercase()]), p.WhitespaceSplit()),
}


def pieces(normalizer, pre_tokenizer, text):
    normalized = text if normalizer is None else normalizer.normalize_str(text)
    return [piece for piece, _ in pre_tokenizer.pre_tokenize_str(normalized)]


def unknown_letters():
    """Models that join unknown letters, or spell them by bytes."""
    letters = {"<unk>": 0, "a": 1, "b": 2}
    fused = Tokenizer(models.BPE(vocab=letters, merges=[], unk_token="<unk>", fuse_unk=True))
    scores = [("<unk>", 0.0), ("a", -1.0), ("b", -2.0)]
    unigram = Tokenizer(models.Unigram(scores, 0, False))
    spelled = Tokenizer(models.Unigram(scores + [(f"<0x{byte:02X}>", -9.0) for byte in range(256)], 0, True))
    for name, tokenizer in {"BPE": fused, "Unigram": unigram, "Unigram by bytes": spelled}.items():
        tokenizer.pre_tokenizer = p.WhitespaceSplit()
        ids = [tokenizer.encode(text).ids for text in UNKNOWN]
        yield {"name": name, "tokenizer": json.loads(tokenizer.to_str()), "ids": ids}


UNKNOWN = ["aéüb éü é a", "日本 本 ab"]


def main() -> None:
    cases = []
    for name, (normalizer, pre_tokenizer) in CASES.items():
        tokenizer = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizer
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        found = [pieces(normalizer, pre_tokenizer, text) for text in TEXTS]
        cases.append({"name": name, "tokenizer": json.loads(tokenizer.to_str()), "pieces": found})
    print(json.dumps({"texts": TEXTS, "cases": cases, "unknown": {"texts": UNKNOWN, "models": list(unknown_letters())}}))


main()
