"""Writes packages/data/fixtures/rand-augment.json: torchvision's RandAugment operations over Pillow.

Run it by `python -P`: torch imports the module `statistics`, of which this folder has another one."""
import base64
import io
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op
from torchvision.transforms.functional import InterpolationMode

size = 24
rows, columns = np.mgrid[0:size, 0:size]
picture = np.stack([
    (columns * 9 + rows * 2) % 256,
    40 + (rows * 7 + columns * columns) % 180,
    (rows * columns * 3 + 17) % 200,
], axis=-1).astype(np.uint8)
image = Image.fromarray(picture)

names = {
    "identity": "Identity", "shear-x": "ShearX", "shear-y": "ShearY", "translate-x": "TranslateX",
    "translate-y": "TranslateY", "rotate": "Rotate", "sharpness": "Sharpness",
    "brightness": "Brightness", "colour": "Color", "contrast": "Contrast",
    "posterize": "Posterize", "solarize": "Solarize", "auto-contrast": "AutoContrast",
    "equalize": "Equalize",
}
from torchvision.transforms import RandAugment

space = RandAugment()._augmentation_space(31, (size, size))
cases = []
for name, theirs in names.items():
    magnitudes, signed = space[theirs]
    for magnitude in (0, 9, 22, 30):
        for sign in ((1, -1) if signed else (1,)):
            amount = float(magnitudes[magnitude].item()) if magnitudes.ndim > 0 else 0.0
            made = _apply_op(image, theirs, sign * amount, interpolation=InterpolationMode.NEAREST, fill=None)
            cases.append({
                "name": name, "magnitude": magnitude, "sign": sign,
                "pixels": base64.b64encode(np.asarray(made).tobytes()).decode(),
            })
out = Path(__file__).parents[2] / "packages/data/fixtures/rand-augment.json"
out.write_text(json.dumps({
    "size": size, "picture": base64.b64encode(picture.tobytes()).decode(), "cases": cases,
}) + "\n")
