"""What Hugging Face's `tokenizers` makes of texts with letters of all kinds: by kinds of normalizers,
pre-tokenizers and added tokens the words, and by models the ids.

    python tooling/reference/tokenizer_rules.py > packages/data/fixtures/tokenizer-rules.json

The model of all but the last cases spells each word by its bytes, and ends it with `</w>`.
"""

import base64
import io
import json
import tempfile

import sentencepiece
from tokenizers import Tokenizer

TEXTS = [
    "a Café, naïve — “so”... it's v1.2_beta!!",
    "ΣΑΣ ς İi̇ ẞß ﬁ ſ K Å",
    "𠀀𠀁 x𠮷y 日\ufeff本 中\u3000文 カﾞが 각각",
    "می\u200cخواهم नमस्ते क्षि 👨‍👩‍👧 🇩🇪 👍🏽 1️⃣",
    "１２３ ½ Ⅷ① 42 x² ٣ \U00011de3",
    "x\u0085y z\ufeff \ufeffw \u00a0v\u1680u\u180et\u2028s\u200br\x1cq\x0bp\x00o\x7fn\x9fm",
    " \t\n\r\n lead and trail \u2003 ",
    "e\u0301 E\u0301 a\u0301\u0316\u05b0 \u1ac7\u0301 \u0eba \U00011f42\U00010d69b",
    "I'M you'LL '\u017f 'S don’t can't've",
    "[X]<mask>  <mask> ab abc aab xab [x] hello helloab --",
    "\ue000\ufffd\u00ad\U000f0000\U0001fffe\u0378\U000323af\U00016ebb",
    "٫ ؝ \u1b4e \u2e43 $+<=>^`|~ _ ‿ ・ 〜",
    "ひらがなカタカナー漢字 한국어 Ⰰⴀ Ǆǆǅ \ua7ce",
    "z$y ,b  --c-",
    "",
]
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
    r"|\s*[\r\n]|\s+(?!\S)|\s+"
)
WAYS = ["Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext"]
BYTES = {f"<0x{byte:02X}>": byte for byte in range(256)}
# Rules of a table of characters: code points, and what replaces them.
CHARACTERS = {
    "A": "a", "B": "b", "E": "e", "É": "é", "e\u0301": "é", "E\u0301": "é", "İ": "i\u0307", "ß": "ss", "ﬁ": "fi",
    "Σ": "σ", "\u00ad": "", "\u0085": " ", "\u3000": " ", "\ufeff": " ", "½": "1/2", "\u1100\u1161": "가", "①": "1",
    "カ": "か", "\u200d": "", "\U00020000": "一",
}


def part(kind, **settings):
    return {"type": kind, **settings}


def normalizers(*parts):
    return part("Sequence", normalizers=list(parts))


def pre_tokenizers(*parts):
    return part("Sequence", pretokenizers=list(parts))


def replace(regex, content):
    return part("Replace", pattern={"Regex": regex}, content=content)


def split(regex, behavior, invert=False):
    return part("Split", pattern={"Regex": regex}, behavior=behavior, invert=invert)


def bert(**settings):
    defaults = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return part("BertNormalizer", **{**defaults, **settings})


def metaspace(scheme, splits=True):
    return part("Metaspace", replacement="▁", prepend_scheme=scheme, split=splits)


def byte_level(prefix=False, regex=True):
    return part("ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=regex)


def strip(left=True, right=True):
    return part("Strip", strip_left=left, strip_right=right)


def added(contents, **settings):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return [{"id": 256 + i, "content": content, **flags, **settings} for i, content in enumerate(contents)]


def precompiled():
    """A table that SentencePiece makes of rules: field 2 of the normalizer, which is field 3 of the model."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for source, target in CHARACTERS.items():
            file.write("\t".join(" ".join(f"{ord(letter):x}" for letter in text) for text in (source, target)) + "\n")
        file.flush()
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a red circle is left of the blue striped square"] * 20), model_writer=model,
            vocab_size=40, hard_vocab_limit=False, normalization_rule_tsv=file.name, minloglevel=2)
    table = field(field(model.getvalue(), 3), 2)
    return part("Precompiled", precompiled_charsmap=base64.b64encode(table).decode())


def field(message, wanted):
    """The bytes of a field of a protocol buffer."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            number()
        else:
            size = {1: 8, 5: 4}.get(tag & 7) or number()
            if tag >> 3 == wanted:
                return message[at:at + size]
            at += size
    raise ValueError(f"no field {wanted}")


LOWER, WORDS = part("Lowercase"), part("WhitespaceSplit")
TOKENS = ["[X]", "<mask>", "ab", "abc", "aab", "hello", "a", "é", "--"]
CASES = {
    **{form: [part(form), None] for form in ("NFC", "NFD", "NFKC", "NFKD")},
    **{kind: [part(kind), None] for kind in ("Lowercase", "StripAccents", "Nmt", "ByteLevel")},
    "Strip": [strip(), None],
    "Strip left": [strip(right=False), None],
    "Prepend": [part("Prepend", prepend="▁"), None],
    "Replace a newer letter": [part("Replace", pattern={"String": "\ua7ce"}, content="*"), None],
    "Replace what is in a range": [replace("[一-龥぀-ゟ゠-ヿ]+", "*"), None],
    "Replace by signs": [normalizers(part("Replace", pattern={"String": "z"}, content="$&$1"), LOWER), None],
    **{f"Replace {regex}": [replace(regex, "*"), None] for regex in (
        r"\s+", r"[^\w\s]", r"\d+", r"\p{P}", r"\w+$", r"^.", r"\p{Han}", r"(?i:k|s)", r"\W", r"\b", r"a*")},
    "BertNormalizer": [bert(), None],
    "BertNormalizer, cased": [bert(lowercase=False), None],
    "BertNormalizer, cased without accents": [bert(lowercase=False, strip_accents=True, clean_text=False), None],
    "Precompiled": [precompiled(), None],
    **{kind: [None, part(kind)] for kind in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer")},
    "Digits": [None, part("Digits", individual_digits=False)],
    "each digit": [None, pre_tokenizers(WORDS, part("Digits", individual_digits=True))],
    "CharDelimiterSplit": [None, part("CharDelimiterSplit", delimiter="a")],
    "FixedLength": [None, part("FixedLength", length=3)],
    **{f"Punctuation {way}": [None, part("Punctuation", behavior=way)] for way in WAYS},
    **{f"Split {way}": [None, split(r"\s+", way)] for way in WAYS},
    **{f"Split {way}, inverted": [None, split("[a-z]", way, True)] for way in WAYS},
    "Split by a text": [None, part("Split", pattern={"String": "-"}, behavior="MergedWithPrevious", invert=False)],
    "GPT-2": [None, byte_level()],
    "GPT-2 with a space": [None, byte_level(prefix=True)],
    "GPT-4": [None, pre_tokenizers(split(GPT4, "Isolated"), byte_level(regex=False))],
    "CLIP": [normalizers(part("NFC"), replace(r"\s+", " "), LOWER),
             pre_tokenizers(split(CLIP, "Removed", True), byte_level())],
    **{f"Metaspace {scheme}": [None, metaspace(scheme)] for scheme in ("always", "first", "never")},
    "Metaspace whole": [None, metaspace("always", splits=False)],
    "Metaspace after what removes": [bert(), metaspace("first")],
    "added tokens": [LOWER, metaspace("first"), added(TOKENS)],
    "added tokens, normalized": [LOWER, metaspace("first"), added(TOKENS, normalized=True)],
    "added tokens with the space around": [None, None, added(TOKENS, lstrip=True, rstrip=True)],
    "added tokens that are words": [LOWER, WORDS, added(TOKENS, single_word=True, normalized=True)],
}
POST = {
    "RobertaProcessing": part("RobertaProcessing", sep=["b", 257], cls=["a", 256], trim_offsets=True, add_prefix_space=True),
    "TemplateProcessing": part(
        "TemplateProcessing",
        single=[{"SpecialToken": {"id": "begin", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        special_tokens={"begin": {"id": "begin", "ids": [256, 256], "tokens": ["a", "a"]}}),
}
POST["Sequence"] = part("Sequence", processors=[part("ByteLevel", add_prefix_space=True, trim_offsets=True), POST["RobertaProcessing"]])


def contents(model, normalizer=None, pre_tokenizer=None, tokens=(), post=None):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post, "decoder": None, "model": model}


def bpe(vocabulary, merges, **settings):
    defaults = {"dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}
    return part("BPE", **{**defaults, **settings}, vocab=vocabulary, merges=merges)


def unigram(tokens, unknown, spells):
    return part("Unigram", unk_id=unknown, vocab=[[token, score] for token, score in tokens.items()], byte_fallback=spells)


def numbered(tokens):
    return {token: i for i, token in enumerate(tokens)}


SPELLED = ["<unk>", *"abcdehlort", "ab", "abc", "re", "red", "é"]
MERGES = [["a", "b"], ["ab", "c"], ["r", "e"], ["re", "d"]]
PREFIXED = numbered(["<unk>", *"abcdehlort", *(f"##{letter}" for letter in "abcdehlort"), "ab", "abc", "re", "red"])
SCORES = {"<unk>": 0.0, "▁": -3.0, **{letter: -4.0 for letter in "abcdehlortéAB"}, "▁red": -3.5, "ab": -5.0, "bab": -5.5, "x<unk>": -9.0}
MODELS = {
    "BPE": bpe(numbered(SPELLED), MERGES, unk_token="<unk>"),
    "BPE, unknown letters as one": bpe(numbered(SPELLED), MERGES, unk_token="<unk>", fuse_unk=True),
    "BPE without an unknown token": bpe(numbered(SPELLED), MERGES),
    "BPE with bytes": bpe(numbered([*SPELLED, *BYTES]), MERGES, unk_token="<unk>", byte_fallback=True),
    "BPE with a prefix": bpe(PREFIXED, [["a", "##b"], ["ab", "##c"], ["r", "##e"], ["re", "##d"]],
                             unk_token="<unk>", continuing_subword_prefix="##"),
    "BPE of whole words": bpe(numbered([*SPELLED, "bred"]), MERGES, unk_token="<unk>", ignore_merges=True),
    "Unigram": unigram(SCORES, 0, False),
    "Unigram with bytes": unigram({**SCORES, **{byte: -20.0 for byte in BYTES}}, 0, True),
    "WordPiece": part("WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=6,
                      vocab=numbered(["[UNK]", "red", "b", "##red", "##a", "𠀀", "##𠀀", "é"])),
    "WordLevel": part("WordLevel", unk_token="[UNK]", vocab=numbered(["<unk>", "[UNK]", "red", "𠀀"])),
}
UNKNOWN = ["aéüb éü é a", "日本 本 ab", "red bred reda abcab aüb", "x<unk> <unk>", "𠀀 𠀀𠀀 bredaaa bredaaaa", "babab"]


def words(tokenizer, text):
    """Words with a stroke after each, added tokens by their ids."""
    ids = tokenizer.encode(text).ids
    spelled = b"".join(bytes([i]) if i < 256 else f"<{i}>".encode() for i in ids)
    return spelled.decode().replace("</w>", "|")


def main() -> None:
    bytes_model = bpe(BYTES, [], byte_fallback=True, end_of_word_suffix="</w>")
    cases = []
    for name, parts in CASES.items():
        tokenizer = Tokenizer.from_str(json.dumps(contents(bytes_model, *parts)))
        described = {key: value for key, value in contents(None, *parts).items() if value}
        found = [words(tokenizer, text) for text in TEXTS]
        cases.append({"name": name, "parts": described, "words": found})
    post = []
    for name, processor in POST.items():
        tokens = added(["a", "b"], special=True)
        tokenizer = Tokenizer.from_str(json.dumps(contents(bytes_model, None, None, tokens, processor)))
        parts = {"added_tokens": tokens, "post_processor": processor}
        post.append({"name": name, "parts": parts, "words": [words(tokenizer, "xy")]})
    models = []
    for name, model in MODELS.items():
        described = contents(model, None, part("WhitespaceSplit"))
        tokenizer = Tokenizer.from_str(json.dumps(described))
        models.append({"name": name, "tokenizer": described, "ids": [tokenizer.encode(text).ids for text in UNKNOWN]})
    written = {"expression": "tokenizers.Tokenizer.encode(text).ids", "texts": TEXTS, "cases": cases,
               "around": {"texts": ["xy"], "cases": post}, "models": {"texts": UNKNOWN, "cases": models}}
    print(json.dumps(written, ensure_ascii=False))


if __name__ == "__main__":
    main()
