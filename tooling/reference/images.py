"""Reference values for decoding, resizing and normalising, by Pillow and torchvision.

    python tooling/reference/images.py > packages/data/fixtures/images.json
"""

import base64
import io
import json
import random

from PIL import Image
from torchvision import transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def noise(mode: str, width: int, height: int, bands: int) -> Image.Image:
    return Image.frombytes(mode, (width, height), random.randbytes(width * height * bands))


def smooth(width: int, height: int) -> Image.Image:
    pixels = [
        (255 * x // (width - 1), 255 * y // (height - 1), (x * 37 + y * 11) % 256)
        for y in range(height)
        for x in range(width)
    ]
    image = Image.new("RGB", (width, height))
    image.putdata(pixels)
    return image


def cut_out(size: int) -> Image.Image:
    """Every pixel wholly opaque or wholly transparent."""
    image = noise("RGB", size, size, 3).convert("RGBA")
    image.putalpha(Image.frombytes("L", (size, size), bytes(random.choices([0, 255], k=size * size))))
    return image


def on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def main() -> None:
    random.seed(0)
    every_byte = Image.frombytes("RGB", (16, 16), bytes(v for i in range(256) for v in (i, 255 - i, i * 7 % 256)))
    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    transparent = cut_out(6)
    exact = []
    for name, image, rgb in [
        ("every byte", every_byte, every_byte),
        ("grey", grey := noise("L", 5, 5, 1), grey.convert("RGB")),
        ("palette", palette := noise("RGB", 7, 7, 3).quantize(16), palette.convert("RGB")),
        ("cut-out on white", transparent, on_white(transparent)),
    ]:
        values = normalise(rgb).permute(1, 2, 0).flatten().tolist()
        exact.append({"name": name, "size": image.width, "png": png(image), "values": values})
    resized = []
    for name, image in [("smooth", smooth(90, 60)), ("noise", noise("RGB", 40, 56, 3)), ("small", smooth(9, 12))]:
        size = 24
        squashed = image.resize((size, size), Image.Resampling.BICUBIC)
        crop = transforms.Compose([
            transforms.Resize(size, transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(size),
        ])
        resized.append({
            "name": name,
            "size": size,
            "png": png(image),
            "squash": list(squashed.tobytes()),
            "shortest-and-centre-crop": list(crop(image).tobytes()),
        })
    print(json.dumps({
        "expression": "Compose([ToTensor(), Normalize(imagenet)]) of the image in RGB, as [height, width, 3]",
        "exact": exact,
        "resized": resized,
    }))


main()
