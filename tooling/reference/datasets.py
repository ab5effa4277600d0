"""The other side of tooling/datasets.ts: reads its shards with webdataset, and writes the pairs anew."""

import glob
import hashlib
import json
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import webdataset

folder = Path(sys.argv[1])
shards = sorted(glob.glob(str(folder / "ours" / "*.tar")))
pairs = []
for sample in webdataset.WebDataset(shards, shardshuffle=False, empty_check=False):
    fields = json.loads(sample["json"])
    picture = next(sample[name] for name in ("jpg", "png") if name in sample)
    captions = fields["captions"] if "captions" in fields else [sample["txt"].decode()]
    pairs.append((picture, captions))

theirs = folder / "theirs"
theirs.mkdir()


def sample(i):
    picture, captions = pairs[i]
    return {"__key__": f"{i:06d}", "jpg": picture, "json": json.dumps({"captions": captions}).encode()}


with webdataset.ShardWriter(str(theirs / "part-%06d.tar"), maxcount=8, verbose=0) as writer:
    for i in range(len(pairs)):
        writer.write(sample(i))
with webdataset.TarWriter(str(theirs / "all.tgz"), compress=True) as writer:
    for i in range(len(pairs)):
        writer.write(sample(i))

pyarrow.parquet.write_table(
    pyarrow.table({
        "image": [{"bytes": picture, "path": f"{i}.jpg"} for i, (picture, _) in enumerate(pairs)],
        "captions": [captions for _, captions in pairs],
    }),
    theirs / "pairs.parquet",
    row_group_size=7,
)

(folder / "coco" / "annotations").mkdir(parents=True)
(folder / "coco" / "train2017").mkdir()
images, annotations = [], []
for i, (picture, captions) in enumerate(pairs):
    name = f"{i:012d}.jpg"
    (folder / "coco" / "train2017" / name).write_bytes(picture)
    images.append({"id": i, "file_name": name, "width": 32, "height": 32})
    annotations += [{"id": len(annotations) + k, "image_id": i, "caption": caption}
                    for k, caption in enumerate(captions)]
(folder / "coco" / "annotations" / "captions_train2017.json").write_text(
    json.dumps({"info": {}, "licenses": [], "images": images, "annotations": annotations})
)
print(json.dumps([[hashlib.sha256(picture).hexdigest(), captions] for picture, captions in pairs]))
