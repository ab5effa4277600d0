"""Small images in many formats, with the pixels that Pillow decodes them to, or a word on why they are refused.

    python tooling/reference/image_formats.py > packages/data/fixtures/image-formats.json

A case is `{"name", "size", "file"}` (size both width and height, file in base64) with either `rgb` (the
[size, size, 3] bytes in base64, on white, in sRGB, upright) and the `tolerance` in levels, or `refused`
(a part of the message). Where Pillow does not read a file, the values are those it was made of.
"""

import base64
import io
import json
import struct
import warnings
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps

warnings.simplefilter("ignore")
N = 12
SRGB = ImageCms.createProfile("sRGB")
CASES = []


def gradients(n):
    y, x = np.mgrid[0:n, 0:n]
    rgb = np.stack([x * 255 // (n - 1), y * 255 // (n - 1), (x * 37 + y * 11) % 256], -1)
    return rgb.astype(np.uint8), ((x * 17 + y * 5) % 256).astype(np.uint8)


RGB, GREY = gradients(N)
BIG_RGB, BIG_GREY = gradients(24)
HALF = np.full((N, N), 128, np.uint8)
BITS = GREY > 127


def pillow(data):
    """As a picture loader does it: upright, in sRGB, on white, three channels of 8 bits."""
    image = Image.open(io.BytesIO(data))
    image.load()
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    if profile is not None and image.mode in ("RGB", "RGBA"):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        image = ImageCms.profileToProfile(image, source, SRGB)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def encode(values):
    return base64.b64encode(values).decode()


def decoded(name, data, values=None, tolerance=0):
    values = pillow(data) if values is None else np.asarray(values)
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, -1)
    CASES.append({
        "name": name, "size": values.shape[0], "file": encode(data),
        "rgb": encode(values.astype(np.uint8).tobytes()), "tolerance": tolerance,
    })


def refused(name, data, why):
    CASES.append({"name": name, "size": N, "file": encode(data), "refused": why})


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def tiff(array, photometric="rgb", **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, photometric=photometric, metadata=None, **options)
    return buffer.getvalue()


def png(rows, depth, colour, chunks=(), interlaced=False):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", N, N, depth, colour, 0, 0, int(interlaced))
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def row(values, depth):
    values = values.reshape(-1)
    if depth == 16:
        return values.astype(">u2").tobytes()
    bits = (values[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()


def rows(array, depth):
    return [row(line, depth) for line in array]


def adam7(array, depth):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return [row(line, depth) for x, y, dx, dy in passes for line in array[y::dy, x::dx] if line.size > 0]


def wide(array):
    return array.astype(np.uint16) * 257


def tiffs():
    decoded("TIFF RGB", tiff(RGB))
    decoded("TIFF grey", tiff(GREY, "minisblack"))
    decoded("TIFF grey, white is zero", tiff(255 - GREY, "miniswhite"))
    decoded("TIFF RGB 16 bits", tiff(wide(RGB)), RGB)
    decoded("TIFF grey 16 bits", tiff(wide(GREY), "minisblack"))
    decoded("TIFF grey 16 bits, white is zero", tiff(wide(255 - GREY), "miniswhite"), GREY)
    decoded("TIFF 1 bit", tiff(BITS, "minisblack"))
    decoded("TIFF 1 bit, white is zero", tiff(~BITS, "miniswhite"))
    for bits in (2, 4):
        values = GREY >> (8 - bits)
        decoded(f"TIFF grey {bits} bits", tiff(values, "minisblack", bitspersample=bits))
        decoded(f"TIFF grey {bits} bits, white is zero", tiff(2**bits - 1 - values, "miniswhite", bitspersample=bits))
    decoded("TIFF fax", saved(Image.fromarray(BITS), "TIFF", compression="group4"))
    decoded("TIFF palette", saved(Image.fromarray(RGB).quantize(100), "TIFF"))
    for compression in ("lzw", "deflate", "packbits"):
        decoded(f"TIFF {compression}", tiff(RGB, compression=compression, predictor=compression != "packbits"))
    decoded("TIFF 16 bits deflate", tiff(wide(RGB), compression="deflate", predictor=True), RGB)
    decoded("TIFF YCbCr as JPEG", saved(Image.fromarray(RGB), "TIFF", compression="jpeg"), tolerance=1)
    decoded("TIFF planes apart", tiff(np.moveaxis(RGB, -1, 0).copy(), planarconfig="separate"), RGB)
    decoded("TIFF tiles", tiff(BIG_RGB, tile=(16, 16)))
    decoded("TIFF tiles of 16 bits", tiff(wide(BIG_GREY), "minisblack", tile=(16, 16)))
    decoded("TIFF big-endian 16 bits", tiff(wide(RGB), byteorder=">"), RGB)
    decoded("BigTIFF", tiff(RGB, bigtiff=True))
    decoded("BigTIFF big-endian 16 bits", tiff(wide(RGB), bigtiff=True, byteorder=">"), RGB)
    decoded("TIFF transparent", tiff(np.dstack([RGB, HALF]), extrasamples=["unassalpha"]), tolerance=1)
    decoded("TIFF transparent, premultiplied",
            tiff(np.dstack([np.round(RGB * (128 / 255)).astype(np.uint8), HALF]), extrasamples=["assocalpha"]),
            np.round(RGB * (128 / 255) + 127), tolerance=1)
    decoded("TIFF grey transparent",
            tiff(np.dstack([GREY, HALF]), "minisblack", planarconfig="contig", extrasamples=["unassalpha"]), tolerance=1)
    pages = io.BytesIO()
    with tifffile.TiffWriter(pages) as file:
        file.write(RGB, photometric="rgb", metadata=None)
        file.write((255 - RGB).astype(np.float32), photometric="rgb", metadata=None)
    decoded("TIFF of two pages", pages.getvalue(), RGB)
    for turn in range(1, 9):
        decoded(f"TIFF orientation {turn}", tiff(RGB, extratags=[(274, "H", 1, turn, True)]))

    for dtype, bits, kind in (("int8", 8, "signed"), ("int16", 16, "signed"), ("int32", 32, "signed"),
                              ("uint32", 32, "unsigned"), ("uint64", 64, "unsigned"), ("float16", 16, "floating-point"),
                              ("float32", 32, "floating-point"), ("float64", 64, "floating-point"),
                              ("complex64", 64, "complex")):
        refused(f"TIFF grey {dtype}", tiff((GREY // 2).astype(dtype), "minisblack"), f"{kind} samples of {bits} bits")
    for dtype in ("int8", "int32", "float32"):
        refused(f"TIFF RGB {dtype}", tiff((RGB // 2).astype(dtype)), "samples of")
    ycbcr = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    refused("TIFF YCbCr", tiff(ycbcr, "ycbcr", subsampling=(1, 1)), "YCbCr")
    refused("TIFF YCbCr deflate", tiff(ycbcr, "ycbcr", subsampling=(1, 1), compression="deflate"), "YCbCr")
    refused("BigTIFF YCbCr big-endian", tiff(ycbcr, "ycbcr", subsampling=(1, 1), bigtiff=True, byteorder=">"), "YCbCr")
    refused("TIFF CIELAB", tiff(ycbcr, "cielab"), "CIELAB")
    refused("TIFF CIELAB 16 bits", tiff(wide(ycbcr), "cielab"), "CIELAB")
    refused("TIFF ICC L*a*b*", tiff(ycbcr, "icclab"), "L*a*b*")
    refused("TIFF raw", tiff(GREY, "cfa"), "colour filter")
    refused("TIFF 12 bits", tiff(GREY.astype(np.uint16), "minisblack", bitspersample=12), "cannot be decoded")
    for count in (1, 2):
        refused(f"TIFF {count} unnamed samples",
                tiff(np.dstack([RGB, *[HALF] * count]), extrasamples=["unspecified"] * count), f"{count} extra sample")


def pngs():
    for depth in (1, 2, 4, 8):
        decoded(f"PNG grey {depth} bits", png(rows(GREY >> (8 - depth), depth), depth, 0))
    decoded("PNG grey 16 bits", png(rows(wide(GREY), 16), 16, 0))
    decoded("PNG RGB", png(rows(RGB, 8), 8, 2))
    decoded("PNG RGB 16 bits", png(rows(wide(RGB), 16), 16, 2))
    decoded("PNG interlaced", png(adam7(RGB, 8), 8, 2, interlaced=True))
    decoded("PNG interlaced 16 bits", png(adam7(wide(RGB), 16), 16, 2, interlaced=True))
    decoded("PNG grey transparent", png(rows(np.dstack([GREY, HALF]), 8), 8, 4), tolerance=1)
    decoded("PNG grey transparent 16 bits", png(rows(wide(np.dstack([GREY, HALF])), 16), 16, 4), tolerance=1)
    decoded("PNG transparent", png(rows(np.dstack([RGB, HALF]), 8), 8, 6), tolerance=1)
    decoded("PNG transparent 16 bits", png(rows(wide(np.dstack([RGB, HALF])), 16), 16, 6), tolerance=1)
    key = RGB[4, 5]
    hidden = np.where((RGB == key).all(-1)[..., None], 255, RGB)
    decoded("PNG RGB with a transparent colour", png(rows(RGB, 8), 8, 2, [(b"tRNS", struct.pack(">3H", *key))]), hidden)
    decoded("PNG RGB 16 bits with a transparent colour",
            png(rows(wide(RGB), 16), 16, 2, [(b"tRNS", struct.pack(">3H", *wide(key)))]), hidden)
    shade = int(GREY[3, 3])
    decoded("PNG grey with a transparent shade",
            png(rows(GREY, 8), 8, 0, [(b"tRNS", struct.pack(">H", shade))]), np.where(GREY == shade, 255, GREY))
    for depth, count in ((1, 2), (2, 4), (4, 16), (8, 100)):
        image = Image.fromarray(RGB).quantize(count)
        colours = bytes(image.getpalette()[: 3 * count])
        indices = rows(np.asarray(image), depth)
        decoded(f"PNG palette {depth} bits", png(indices, depth, 3, [(b"PLTE", colours)]))
        decoded(f"PNG palette {depth} bits, transparent",
                png(indices, depth, 3, [(b"PLTE", colours), (b"tRNS", b"\0")]))
    animation = saved(Image.fromarray(RGB), "PNG", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    decoded("APNG", animation, RGB)


def profiles():
    """Of sRGB, and of a space whose red is sRGB's green and the other way round."""
    plain = ImageCms.ImageCmsProfile(SRGB).tobytes()
    exchanged = plain.replace(b"rXYZ", b"----", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"----", b"gXYZ", 1)
    for name, profile, values in (("sRGB", plain, RGB), ("exchanged", exchanged, RGB[..., [1, 0, 2]])):
        chunk = [(b"iCCP", b"p\0\0" + zlib.compress(profile, 9))]
        decoded(f"PNG {name} profile", png(rows(RGB, 8), 8, 2, chunk), tolerance=1)
        decoded(f"PNG {name} profile 16 bits", png(rows(wide(RGB), 16), 16, 2, chunk), values, tolerance=1)
        rgba = wide(np.dstack([RGB, np.full_like(HALF, 255)]))
        decoded(f"PNG {name} profile 16 bits transparent", png(rows(rgba, 16), 16, 6, chunk), values, tolerance=1)
    decoded("TIFF exchanged profile 16 bits", tiff(wide(RGB), iccprofile=exchanged), values, tolerance=1)
    decoded("WebP exchanged profile", saved(Image.fromarray(RGB), "WEBP", lossless=True, icc_profile=exchanged), tolerance=1)


def others():
    image, soft = Image.fromarray(RGB), Image.fromarray((RGB // 3 + 60).astype(np.uint8))
    inverse = Image.fromarray(255 - RGB)
    for subsampling in (0, 1, 2):
        decoded(f"JPEG subsampling {subsampling}", saved(soft, "JPEG", quality=90, subsampling=subsampling), tolerance=1)
    decoded("JPEG progressive", saved(soft, "JPEG", progressive=True), tolerance=1)
    decoded("JPEG grey", saved(Image.fromarray(GREY), "JPEG"), tolerance=1)
    decoded("JPEG of RGB samples", saved(soft, "JPEG", keep_rgb=True), tolerance=1)
    decoded("JPEG of two pictures", saved(soft, "MPO", save_all=True, append_images=[inverse]), tolerance=1)
    for turn in range(1, 9):
        for format in ("JPEG", "PNG", "WEBP"):
            exif = Image.Exif()
            exif[274] = turn
            options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}}[format]
            decoded(f"{format} orientation {turn}", saved(image, format, exif=exif, **options),
                    tolerance=1 if format == "JPEG" else 0)
    decoded("WebP lossless", saved(image, "WEBP", lossless=True))
    decoded("WebP", saved(soft, "WEBP"), tolerance=1)
    decoded("WebP transparent", saved(Image.fromarray(np.dstack([RGB, HALF])), "WEBP", lossless=True, exact=True), tolerance=1)
    decoded("WebP animation", saved(image, "WEBP", lossless=True, save_all=True, append_images=[inverse]), RGB)
    decoded("AVIF", saved(soft, "AVIF", quality=90, subsampling="4:4:4"), tolerance=2)
    ramp = (RGB[..., :1] // [2, 3, 4] + 60).astype(np.uint8)
    decoded("AVIF 4:2:0", saved(Image.fromarray(ramp), "AVIF", quality=90), tolerance=8)
    decoded("AVIF transparent",
            saved(Image.fromarray(np.dstack([np.asarray(soft), HALF])), "AVIF", quality=90, subsampling="4:4:4"), tolerance=2)
    exif = Image.Exif()
    exif[274] = 6
    decoded("AVIF orientation 6", saved(soft, "AVIF", quality=90, subsampling="4:4:4", exif=exif), tolerance=2)
    frames = [each.quantize(100) for each in (image, inverse)]
    decoded("GIF", saved(frames[0], "GIF"))
    decoded("GIF animation", saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
            np.asarray(frames[0].convert("RGB")))
    decoded("GIF transparent", saved(frames[0], "GIF", transparency=frames[0].getpixel((2, 2))))
    decoded("GIF interlaced", saved(frames[0], "GIF", interlace=True))
    part = bytearray(saved(frames[0].crop((0, 0, 8, 8)), "GIF", transparency=frames[0].getpixel((2, 2))))
    struct.pack_into("<HH", part, 6, N, N)
    decoded("GIF whose first frame is a transparent part", bytes(part))
    gap = bytearray(saved(frames[0].crop((0, 0, 8, 8)), "GIF"))
    struct.pack_into("<HH", gap, 6, N, N)
    refused("GIF that leaves gaps", bytes(gap), "does not fill")

    for format, name in (("JPEG2000", "JPEG 2000"), ("BMP", "BMP"), ("ICO", "ICO"), ("PPM", "netpbm"), ("PDF", "PDF")):
        refused(name, saved(soft, format), name)
    refused("AVIF sequence", saved(soft, "AVIF", save_all=True, append_images=[inverse]), "sequence of AVIF")
    refused("TGA", saved(soft, "TGA"), "another kind")


tiffs()
pngs()
profiles()
others()
print(json.dumps({"source": "tooling/reference/image_formats.py", "cases": CASES}, indent=0))
