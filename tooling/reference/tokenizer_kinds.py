"""Small tokenizers of the kinds that image-text models use, and the ids that Hugging Face's
`tokenizers` gives with them.

    python tooling/reference/tokenizer_kinds.py > packages/data/fixtures/tokenizer-kinds.json
"""

import json

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = """a red circle is left of the blue striped square . a photo of a cat . a photo of two dogs
running on the beach near the water . three people standing in front of a building with red doors .
the cat's toy doesn't roll ; it's round , isn't it ? cafe naive resume 2024 3.14 hello world
a small dog and a big dog play with a yellow ball while children watch from the green bench""".split("\n")
TEXTS = [
    "A red circle is left of the blue striped square",
    "a photo of a cat.",
    "two  dogs\trunning\n on the beach ",
    "the cat's toy doesn't roll; it's round, isn't it?",
    "Café, naïve résumé!",
    "CAFE\u0301 cafe\u0301",
    "中文 東a",
    "$3.14 (a+a)=~a|a^a`a #5 2024",
    "xyz unknownword zzz",
    "",
    "🐱 a cat 🐕‍🦺",
]


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")])
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer, {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "unk_token": "[UNK]", "sep_token": "[SEP]",
        "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}


def clip():
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    split = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(split), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=700, end_of_word_suffix="</w>", initial_alphabet=sorted(alphabet)))
    state = json.loads(tokenizer.to_str())
    # The trainer knows the alphabet without its word ends only.
    vocabulary = state["model"]["vocab"]
    for letter in sorted(alphabet):
        vocabulary.setdefault(f"{letter}</w>", len(vocabulary))
    for token in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[token] = len(vocabulary)
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in ("<|startoftext|>", "<|endoftext|>")])
    start, end = (tokenizer.token_to_id(t) for t in ("<|startoftext|>", "<|endoftext|>"))
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", end), ("<|startoftext|>", start), trim_offsets=False, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, {
        "tokenizer_class": "CLIPTokenizer", "unk_token": "<|endoftext|>", "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}


def roberta():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, {
        "tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "sep_token": "</s>", "cls_token": "<s>", "pad_token": "<pad>", "mask_token": "<mask>"}


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKC(), normalizers.Replace(Regex(r" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=120, special_tokens=special, unk_token="<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, {
        "tokenizer_class": "XLMRobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "sep_token": "</s>", "cls_token": "<s>", "pad_token": "<pad>"}


def state_of(tokenizer):
    """The file in the form before tokenizers 0.20, the only one that @xenova/transformers reads."""
    state = json.loads(tokenizer.to_str())
    if state["pre_tokenizer"]["type"] == "Metaspace":
        state["pre_tokenizer"]["add_prefix_space"] = True
    if "merges" in state["model"]:
        state["model"]["merges"] = [" ".join(pair) for pair in state["model"]["merges"]]
    return state


def main() -> None:
    kinds = {}
    for build in (wordpiece, clip, roberta, unigram):
        tokenizer, config = build()
        kinds[build.__name__] = {
            "tokenizer": state_of(tokenizer),
            "config": config,
            "input_ids": [tokenizer.encode(text).ids for text in TEXTS],
        }
    print(json.dumps({"expression": "tokenizers.Tokenizer.encode(text).ids", "texts": TEXTS, "kinds": kinds},
                     ensure_ascii=False))


main()
