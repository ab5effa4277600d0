"""The kinds of characters that the parts of Hugging Face's `tokenizers` know: each part has the Unicode
of its own time, JavaScript that of its engine.

    python tooling/reference/tokenizer_unicode.py > packages/data/src/text/python/unicode-tables.ts
"""

import unicodedata2
from tokenizers import Regex
from tokenizers import normalizers as n
from tokenizers import pre_tokenizers as p

LETTERS = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
BERT = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}


def is_split(pre_tokenizer, before):
    return lambda letter: len(pre_tokenizer.pre_tokenize_str(before + letter)) == 2


def is_removed(normalizer):
    return lambda letter: normalizer.normalize_str("a" + letter) == "a"


def has_unknown_form(letter):
    """Whether newer Unicode moves the letter among marks, or takes it apart, and the library does not."""
    marks = "\u0334\u3099\u0316\u0301\u0345"
    texts = [letter, "a" + letter + marks, "a" + marks + letter]
    forms = {"NFC": n.NFC(), "NFD": n.NFD(), "NFKC": n.NFKC(), "NFKD": n.NFKD()}
    newest = unicodedata2.normalize
    return any(form.normalize_str(text) != newest(name, text) for name, form in forms.items() for text in texts)


TABLES = {
    "punctuation": is_split(p.Punctuation(), "a"),
    "numeric": lambda letter: len(p.Digits().pre_tokenize_str("1" + letter)) == 1,
    "nonspacing": is_removed(n.BertNormalizer(**{**BERT, "strip_accents": True})),
    "marks": is_removed(n.StripAccents()),
    "control": is_removed(n.BertNormalizer(**{**BERT, "clean_text": True})),
    "unknownForms": has_unknown_form,
    "unassigned": is_removed(n.Replace(Regex(r"\p{Cn}"), "")),
}


def ranges(is_in):
    """Gaps and lengths in base 36, as `gap+length` or `gap`: the ends of a range count from the end before it."""
    found = []
    for code in LETTERS:
        if is_in(chr(code)):
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    before, written = 0, []
    for first, last in found:
        length = "+" + base36(last - first) if last > first else ""
        written.append(base36(first - before) + length)
        before = last
    return written


def base36(number):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]


def main() -> None:
    print("// Made by tooling/reference/tokenizer_unicode.py.")
    for name, is_in in TABLES.items():
        lines, line = [], ""
        for each in ranges(is_in):
            if len(line) + len(each) > 90:
                lines.append(line)
                line = ""
            line += each + " "
        lines.append(line.rstrip())
        print(f"export const {name} =")
        print(" +\n".join(f"  '{text}'" for text in lines) + ";")


main()
