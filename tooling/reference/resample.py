"""Hashes of pictures that `resize` of Pillow 13 made, for packages/data/src/image/resample.test.ts.

    python tooling/reference/resample.py > packages/data/fixtures/resample.json
"""

import hashlib
import json

import PIL
from PIL import Image

SIZES = [
    ((600, 450), (224, 224)), ((450, 600), (299, 17)), ((97, 61), (96, 62)), ((9, 12), (24, 31)), ((5, 7), (5, 70)),
    ((1, 3000), (16, 8)), ((3000, 1), (7, 3)), ((1, 1), (5, 4)), ((33, 20), (1, 1)), ((64, 64), (64, 32)), ((1030, 700), (512, 512)), ((333, 500), (224, 224)),
    ((300, 376), (224, 224)), ((300, 377), (224, 224)), ((50, 50), (70, 60)), ((20, 90), (70, 30)),
]


def picture(width, height):
    """Every kind of change: steps of the whole range, and numbers without a pattern."""
    values = bytes((i * i * 31 + i * 7) % 256 if i % 5 else 255 * (i // 60 % 2) for i in range(width * height * 3))
    return Image.frombytes("RGB", (width, height), values)


cases = [
    {"from": before, "to": after, "filter": name.lower(),
     "sha256": hashlib.sha256(picture(*before).resize(after, Image.Resampling[name]).tobytes()).hexdigest()}
    for before, after in SIZES for name in ["BILINEAR", "BICUBIC", "LANCZOS"]
]
print(json.dumps({"source": f"Pillow {PIL.__version__}", "cases": cases}))
