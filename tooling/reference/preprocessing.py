"""Pixel values of Hugging Face's image processors (the slow ones, by Pillow and numpy).

    python tooling/reference/preprocessing.py > packages/data/fixtures/preprocessing.json

Sizes are small, so that the fixture is; 4.57 is the last version with slow processors of all.
"""

import base64
import io
import json

import transformers
from PIL import Image

OPENAI = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
CASES = [
    ("CLIP", {"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}}),
    ("CLIP", {"size": 12, "crop_size": 10, "resample": 2, **OPENAI}),
    ("ChineseCLIP", {"size": {"height": 12, "width": 12}, "crop_size": {"height": 12, "width": 12}, "resample": 1}),
    ("Bit", {"size": {"shortest_edge": 14}, "crop_size": {"height": 12, "width": 12}}),
    ("Siglip", {"size": {"height": 12, "width": 12}}),
    ("ViT", {"size": 12}),
    ("ViT", {"size": 30, "do_normalize": False}),
    ("ViT", {"size": 12, "rescale_factor": 1 / 127.5, "image_mean": [1.0, 1.0, 1.0], "image_std": [1.0, 1.0, 1.0]}),
    ("DeiT", {"size": 16, "crop_size": 12}),
    ("Beit", {"size": {"height": 14, "width": 14}, "crop_size": {"height": 12, "width": 12}}),
    ("Blip", {"size": {"height": 12, "width": 12}}),
    ("MobileNetV2", {"size": {"shortest_edge": 16}, "crop_size": {"height": 12, "width": 12}}),
    ("ConvNext", {"size": 12}),
    ("ConvNext", {"size": {"shortest_edge": 12}, "crop_pct": 0.95, "resample": 3}),
]


def picture(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height))
    image.putdata([
        (255 * x // (width - 1), 255 * y // (height - 1), (x * 17 + y * 11) % 256)
        for y in range(height)
        for x in range(width)
    ])
    return image


def main() -> None:
    image = picture(40, 24)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    cases = []
    for kind, options in CASES:
        processor = getattr(transformers, f"{kind}ImageProcessor")(**options)
        values = processor(image, return_tensors="np")["pixel_values"][0]
        config = json.loads(processor.to_json_string())
        short = values.shape[1] > 20
        cases.append({
            # Once as it is written, and once with all that the class fills in.
            "given": {"feature_extractor_type": f"{kind}FeatureExtractor", **options},
            "config": config,
            "size": values.shape[1],
            "values": [round(float(v), 5) for v in values.transpose(1, 2, 0).reshape(-1)][: 300 if short else None],
        })
    print(json.dumps({
        "source": f"transformers {transformers.__version__}",
        "png": base64.b64encode(buffer.getvalue()).decode(),
        "cases": cases,
    }))


main()
