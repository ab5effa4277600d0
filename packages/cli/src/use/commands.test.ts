import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { loadVectors } from '@crossweave/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, type Ended } from '../cli.testing';

const fixtures = fileURLToPath(new URL('../../../models/fixtures', import.meta.url));
const clip = ['--model', join(fixtures, 'clip'), '--engine', 'cpu'];

let folder = '';
let pictures = '';
let vectors = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  pictures = join(folder, 'pictures');
  vectors = join(folder, 'out', 'v.safetensors');
  for (const [i, label] of ['ring', 'circle', 'ring'].entries()) {
    await mkdir(join(pictures, label), { recursive: true });
    await cp(join(fixtures, 'pictures', `${i}.jpg`), join(pictures, label, `${i}.jpg`));
  }
  await writeFile(join(pictures, 'broken.png'), 'no picture');
  await writeFile(join(folder, 'texts.txt'), 'a red circle\n\n ring \r\nfar away\n');
});
afterAll(() => rm(folder, { recursive: true }));

interface Document {
  readonly results: { id: string; path: string; score: number; guesses: object[] }[];
  readonly [key: string]: unknown;
}

async function json(...args: string[]): Promise<Document> {
  const before = memory().numTensors;
  const { code, stdout, stderr } = await run(...args, '--json');
  expect(code, stderr).toBe(0);
  expect(memory().numTensors).toBe(before);
  return JSON.parse(stdout) as Document;
}

const refused = async (...args: string[]): Promise<Ended> => {
  const ended = await run(...args);
  expect(ended.code).not.toBe(0);
  return ended;
};

it('embeds pictures and texts, and counts what it leaves out', async () => {
  const made = await json('embed', ...clip, '--images', pictures, '--out', vectors);
  expect(made).toMatchObject({ rows: 3, dim: 8, files: [vectors] });
  expect(made['rejected']).toMatchObject([{ path: 'broken.png' }]);
  const set = await loadVectors(vectors);
  expect(set.ids).toEqual(['circle/1.jpg', 'ring/0.jpg', 'ring/2.jpg']);
  const npy = join(folder, 't.npy');
  const ofTexts = await json('embed', ...clip, '--texts', join(folder, 'texts.txt'), '--out', npy);
  expect(ofTexts).toMatchObject({ rows: 3, files: [npy, `${npy}.ids.txt`], rejected: [] });
});

it.each(['grown.safetensors', 'grown.parquet'])('updates %s', async (name) => {
  const [own, file] = [join(folder, `${name}-pictures`), join(folder, name)];
  await cp(join(pictures, 'ring'), own, { recursive: true });
  const update = ['embed', ...clip, '--images', own, '--out', file, '--update'];
  expect(await json(...update)).toMatchObject({ rows: 2, added: 2, files: [file] });
  const first = await loadVectors(file);
  const { mtimeMs } = await stat(file);
  expect(await json(...update)).toMatchObject({ rows: 2, kept: 2, added: 0, files: [] });
  expect((await stat(file)).mtimeMs).toBe(mtimeMs);

  await cp(join(pictures, 'circle', '1.jpg'), join(own, '1.jpg'));
  await cp(join(pictures, 'circle', '1.jpg'), join(own, '2.jpg'));
  await writeFile(join(own, 'bad.png'), 'no picture');
  const grown = await run(...update);
  expect(grown.code, grown.stderr).toBe(0);
  expect(grown.stdout).toMatch(/3 vectors of width 8 \(1 kept, 1 added, 1 changed, 0 gone\)/);
  expect(grown.stderr).toMatch(/Left out: .*bad\.png/);
  const second = await loadVectors(file);
  expect(second.ids).toEqual(['0.jpg', '2.jpg', '1.jpg']);
  expect(second.embeddings.values.subarray(0, 8)).toEqual(first.embeddings.values.subarray(0, 8));
  const seek = ['search', 'a red circle', ...clip, '--vectors', file];
  expect((await json(...seek)).results).toHaveLength(3);

  await rm(join(own, '0.jpg'));
  const gone = await run(...update);
  expect(gone.stdout).toMatch(/0 added, 0 changed, 1 gone, which stay without --prune\).*as it is/);
  expect(await json(...update, '--prune')).toMatchObject({ rows: 2, kept: 2, gone: 1 });
  expect((await loadVectors(file)).ids).toEqual(['2.jpg', '1.jpg']);
});

it('refuses to update what was made otherwise, and leaves the file', async () => {
  const file = join(folder, 'kept.parquet');
  const texts = ['--texts', join(folder, 'texts.txt'), '--out', file];
  await json('embed', ...clip, ...texts);
  const bytes = await readFile(file);
  const other = ['--model', join(fixtures, 'open-clip'), '--engine', 'cpu'];
  const cases: [RegExp, ...string[]][] = [
    [/model\.weights changed: fingerprint .* → /, 'embed', ...other, ...texts, '--update'],
    [
      /made otherwise: of: "texts" → "pictures"/,
      ...['embed', ...clip, '--images', pictures, '--out', file, '--update'],
    ],
    [/--prune goes with --update/, 'embed', ...clip, ...texts, '--prune'],
    [
      /ends in \.safetensors or \.parquet/,
      ...['embed', ...clip, ...texts.slice(0, 3), join(folder, 't.npy'), '--update'],
    ],
  ];
  for (const [message, ...args] of cases) expect((await refused(...args)).stderr).toMatch(message);
  expect(await readFile(file)).toEqual(bytes);
});

it('finds pictures by a text, from a folder and from vectors alike', async () => {
  const live = await json('search', 'a red  circle', ...clip, '--images', pictures, '--top', '2');
  expect(live.results).toHaveLength(2);
  expect(live.results[0]!.score).toBeGreaterThanOrEqual(live.results[1]!.score);
  const kept = await json('search', 'a red circle', ...clip, '--vectors', vectors, '--top', '2');
  expect(kept.results.map(({ id }) => id)).toEqual(live.results.map(({ id }) => id));
  expect(kept['among']).toBe(3);
});

it('looks only at what it is told to', async () => {
  const seek = ['search', 'a red circle', ...clip, '--vectors', vectors];
  const only = await json(...seek, '--only', 'ring/', '--only', 'nowhere');
  expect(only.results.map(({ id }) => id).sort()).toEqual(['ring/0.jpg', 'ring/2.jpg']);
  const both = await json(...seek, '--only', 'ring/', '--without', '/0');
  expect(both.results.map(({ id }) => id)).toEqual(['ring/2.jpg']);
  expect(both['among']).toBe(1);
  expect((await refused(...seek, '--without', '.jpg')).stderr).toMatch(
    /leave nothing to look through; got 0 of 3 items/,
  );
});

it('finds pictures and texts by a picture', async () => {
  const image = ['--image', join(pictures, 'ring', '2.jpg')];
  const same = await json('search', ...clip, ...image, '--vectors', vectors);
  expect(same.results[0]).toMatchObject({ id: 'ring/2.jpg' });
  expect(same.results[0]!.score).toBeCloseTo(1, 5);
  const texts = await json('search', ...clip, ...image, '--texts', join(folder, 'texts.txt'));
  expect(texts.results.map(({ id }) => id).sort()).toEqual(['a red circle', 'far away', 'ring']);
});

it('tells what of a text the model does not read, and refuses a text of nothing else', async () => {
  const known = await run('search', 'red circle', ...clip, '--vectors', vectors);
  expect(known.stderr).not.toMatch(/unknown|cut|reads nothing/);
  const long = await run('search', 'red '.repeat(100), ...clip, '--vectors', vectors);
  expect(long.stderr).toMatch(/1 of 1 texts cut at the model's \d+ tokens/);
  expect((await refused('search', ' ', ...clip, '--vectors', vectors)).stderr).toMatch(
    /reads nothing of the text; .* The text is empty\./,
  );
});

it('sorts pictures into labels, and counts those in folders of that name', async () => {
  const template = ['--template', 'a {}', '--template', 'one {}'];
  const labels = ['--labels', 'ring, circle'];
  const made = await json('zero-shot', ...clip, '--images', pictures, ...labels, ...template);
  expect(made['labels']).toEqual(['ring', 'circle']);
  expect(made.results.map(({ path }) => path)).toEqual((await loadVectors(vectors)).ids);
  expect(made['accuracy']).toMatchObject({ of: 3 });
  expect(made['rejected']).toHaveLength(1);
});

it('says what is wrong', async () => {
  const image = join(pictures, 'ring', '2.jpg');
  const cases: [RegExp, ...string[]][] = [
    [/--model is missing/, 'search', 'a', '--images', pictures],
    [/give one text, or --image FILE/, 'search', ...clip, '--images', pictures],
    [/stands in quotes/, 'search', 'a', 'shoe', ...clip, '--images', pictures],
    [/give one text/, 'search', 'a', ...clip, '--image', image, '--images', pictures],
    [/one of --images, --texts and --vectors/, 'search', 'a', ...clip],
    [/--top must be a whole number/, 'search', 'a', ...clip, '--images', pictures, '--top', '0'],
    [/either --images DIR or --texts FILE/, 'embed', ...clip, '--out', vectors],
    [/--out is missing/, 'embed', ...clip, '--images', pictures],
    [
      /ends in \.safetensors, \.parquet or \.npy/,
      'embed',
      ...clip,
      '--images',
      pictures,
      '--out',
      'v.csv',
    ],
    [/--labels is missing/, 'zero-shot', ...clip, '--images', pictures],
    [/holds an empty label/, 'zero-shot', ...clip, '--images', pictures, '--labels', 'a,,b'],
    [
      /neither two labels or more, nor a file/,
      'zero-shot',
      ...clip,
      '--images',
      pictures,
      '--labels',
      'one-label',
    ],
    [/has no text tower/, 'search', 'a', '--model', join(fixtures, 'vit'), '--images', pictures],
  ];
  for (const [message, ...args] of cases) expect((await refused(...args)).stderr).toMatch(message);
});

it('compares no vectors of two models', async () => {
  const other = ['--model', join(fixtures, 'open-clip'), '--engine', 'cpu'];
  const { stderr, code } = await refused('search', 'a', ...other, '--vectors', vectors);
  expect(stderr).toMatch(/the vectors were made by another model/);
  expect(code).toBe(1);
});
