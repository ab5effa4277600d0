"""`search.py NAME FOLDER DIM TOP`: FAISS on the vectors of the suite `search`, exactly or by HNSW."""
import json
import sys
import time
from pathlib import Path

import faiss
import numpy

name, folder, dim, top = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
faiss.omp_set_num_threads(2)
items, queries = (numpy.fromfile(folder / f"{part}.f32", numpy.float32).reshape(-1, dim) for part in ("items", "queries"))


def timed(run):
    """Seconds of the processor, of all threads, and of the clock."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


if name == "faiss-flat":
    index = faiss.IndexFlatIP(dim)
else:
    index = faiss.IndexHNSWFlat(dim, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 128, 64

singles = 50
_, built = timed(lambda: index.add(items))
index.search(queries[:1], top)
_, single = timed(lambda: [index.search(queries[i:i + 1], top) for i in range(singles)])
index.search(queries, top)
(_, rows), batch = timed(lambda: index.search(queries, top))
(folder / f"{name}.json").write_text(json.dumps(rows.tolist()))
query = {kind: 1000 * seconds / singles for kind, seconds in single.items()}
print(json.dumps({"version": faiss.__version__, "build": built, "query": query, "batch": batch}))
