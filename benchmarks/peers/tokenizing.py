"""Hugging Face's Rust tokenizers over the captions of a folder: processor time, and the ids."""
import json
import os
import sys
import time

import tokenizers

folder, rounds = sys.argv[1], int(sys.argv[2])
tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
with open(os.path.join(folder, "captions.json")) as file:
    captions = json.load(file)


def least(work):
    times = []
    for _ in range(rounds + 1):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    return min(times[1:])


one_by_one = least(lambda: [tokenizer.encode(text, add_special_tokens=False).ids for text in captions])
batch = least(lambda: [each.ids for each in tokenizer.encode_batch(captions, add_special_tokens=False)])
print(json.dumps({
    "oneByOne": one_by_one,
    "batch": batch,
    "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in captions],
    "version": tokenizers.__version__,
}))
