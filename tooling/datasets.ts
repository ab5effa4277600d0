/**
 * Shows that Python's webdataset reads the shards that are written here, and that shards, Parquet and COCO
 * files written by Python's tools are read here:
 *
 *   npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs tooling/datasets.ts PYTHON
 *
 * PYTHON is an interpreter with the packages webdataset and pyarrow. It runs `reference/datasets.py`, which reads
 * the shards, prints what it found, and writes the same pairs in the other forms. Pictures are compared by SHA-256, captions by text, in their order.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { makeScenes, openDataset, writeDataset } from '../packages/data/src/index';

type Pair = readonly [picture: string, captions: readonly string[]];

const [python = 'python3'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'crossweave-datasets-'));
const script = fileURLToPath(new URL('./reference/datasets.py', import.meta.url));
try {
  await makeScenes({ count: 40, seed: 1, size: 32, out: join(folder, 'scenes') });
  const captions = join(folder, 'scenes', 'captions.jsonl');
  await writeDataset(captions, { as: 'webdataset', out: join(folder, 'ours'), shardSize: 9 });
  const expected = await pairsOf(captions);
  const printed = execFileSync(python, [script, folder], { encoding: 'utf8' });
  compare("our shards, read by Python's webdataset", JSON.parse(printed) as Pair[], expected);
  for (const [name, source] of [
    ['shards of webdataset.ShardWriter', join(folder, 'theirs', 'part-{000000..000004}.tar')],
    ['compressed shards of webdataset.TarWriter', join(folder, 'theirs', 'all.tgz')],
    ['a Parquet file of pyarrow', join(folder, 'theirs', 'pairs.parquet')],
    [
      "COCO captions, of Python's json",
      join(folder, 'coco', 'annotations', 'captions_train2017.json'),
    ],
  ] as const) {
    compare(`${name}, read here`, await pairsOf(source), expected);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** COCO has a row for each caption: those of one picture are joined. */
async function pairsOf(source: string): Promise<Pair[]> {
  const dataset = await openDataset(source);
  const pairs = new Map<string, readonly string[]>();
  for await (const row of dataset.rows()) {
    if ('error' in row) throw row.error;
    const { picture, image, captions } = row.record;
    const bytes = await (picture?.read() ?? readFile(resolve(dataset.folder, image)));
    const digest = createHash('sha256').update(bytes).digest('hex');
    pairs.set(digest, [...(pairs.get(digest) ?? []), ...captions]);
  }
  return [...pairs];
}

/** Shards are by split, so the order of the pairs as a whole may be another one. */
function compare(what: string, found: readonly Pair[], expected: readonly Pair[]): void {
  const sorted = (pairs: readonly Pair[]): Pair[] =>
    [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const same = isDeepStrictEqual(sorted(found), sorted(expected));
  console.log(
    `${same ? 'the same' : 'OTHER'} ${found.length} of ${expected.length} pairs: ${what}`,
  );
  if (!same) process.exitCode = 1;
}
