"""Reference token ids of a small BERT vocabulary, by Hugging Face's BertTokenizer.

    python tooling/reference/tokens.py > packages/data/fixtures/tokens.json
"""

import json
import os
import tempfile

from transformers import BertTokenizer

WORDS = """a red circle is left of the blue striped square cafe naive resume 中 文 東 un ##happ ##y ##ly ##s run
##ning 3 14 ##5 . , ! ? ' - ( ) # $ % & * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ « » … — é hello world don t it s""".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
TEXTS = [
    "A red circle is left of the blue striped square",
    "Café, naïve résumé!",
    "CAFE\u0301 cafe\u0301",
    "中文 東a",
    "unhappily unhappy runs running",
    "$3.14 (a+a)=~a|a^a`a <a> @a #5",
    "don't it's",
    "  hello\tworld\n\u00a0hello\u2003world ",
    "«hello»…world—a",
    "hel\u00adlo wor\u200bld \ufeffhello",
    "xyz zzz",
    "",
    "[MASK] [SEP] hello [mask]",
    "a " * 20,
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocab.txt")
        with open(path, "w", encoding="utf8") as file:
            file.write("\n".join(VOCABULARY) + "\n")
        tokenizer = BertTokenizer(path)
        encoded = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=16)
    print(json.dumps({
        "expression": "BertTokenizer(vocab.txt)(texts, padding='max_length', truncation=True, max_length=16)",
        "vocabulary": VOCABULARY,
        "maxTokens": 16,
        "texts": TEXTS,
        "input_ids": encoded["input_ids"],
        "attention_mask": encoded["attention_mask"],
    }))


main()
