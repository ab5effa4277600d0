"""Small Parquet files as pyarrow writes them, in the layouts that people have.

    python tooling/reference/parquet.py > packages/data/fixtures/parquet.json
"""

import base64
import io
import json

import pyarrow
import pyarrow.parquet
from PIL import Image


def png(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (level, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def written(table: pyarrow.Table, **options) -> str:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def main() -> None:
    images = [{"bytes": png(50 + i), "path": f"{i}.png"} for i in range(5)]
    names = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    hugging_face = pyarrow.table({
        "image": images,
        "caption": pyarrow.array([["one", "uno"], ["two"], ["three"], [], None], pyarrow.list_(pyarrow.string())),
        "label": pyarrow.array([0, 1, None, 0, 1], pyarrow.int64()),
        "unused": [{"deep": [i]} for i in range(5)],
    }).replace_schema_metadata({"huggingface": json.dumps(names)})
    plain = pyarrow.table({
        "jpg": pyarrow.array([png(60 + i) for i in range(3)], pyarrow.binary()),
        "txt": pyarrow.array([b"a", "é".encode(), b"\xff"], pyarrow.binary()),
        "id": pyarrow.array([1, 2**60, 3], pyarrow.int64()),
    })
    paths = pyarrow.table({"image": ["a.png", "b.png"], "caption": ["x", "y"], "score": [0.5, 1.5]})
    lists = pyarrow.list_(pyarrow.int64())
    class_lists = {"info": {"features": {"label": {"feature": names["info"]["features"]["label"], "_type": "List"}}}}
    classes = pyarrow.table({
        "image": [f"{i}.png" for i in range(4)],
        "caption": list("abcd"),
        "label": pyarrow.array([1, -1, 7, None], pyarrow.int64()),
    }).replace_schema_metadata({"huggingface": json.dumps(names)})
    several = pyarrow.table({
        "image": [f"{i}.png" for i in range(3)],
        "caption": list("abc"),
        "label": pyarrow.array([[0, 1], [], [2]], lists),
    }).replace_schema_metadata({"huggingface": json.dumps(class_lists)})
    twice = pyarrow.Table.from_arrays([["a.png"], ["x"], ["y"]], names=["image", "caption", "caption"])
    print(json.dumps({
        "source": f"pyarrow {pyarrow.__version__}",
        "huggingFace": written(hugging_face, row_group_size=2, compression="snappy"),
        "plain": written(plain, compression="zstd", use_dictionary=False),
        "paths": written(paths, compression="gzip"),
        "classes": written(classes),
        "classLists": written(several),
        "twoColumns": written(twice, store_schema=False),
    }))


main()
