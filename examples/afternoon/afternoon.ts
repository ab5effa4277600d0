/**
 * Pictures in a folder → training from a small checkpoint → search → zero-shot → export, and the
 * exported towers in three runtimes, which must give the vectors of the trained model.
 *
 *     npx tsx afternoon.ts [CHECKPOINT [FOLDER]]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listPictures, openModel, type Embeddings } from '@crossweave/models';
import { main } from 'crossweave';
import { transpose } from '@tensorflow/tfjs-core';
import { inChromium } from './in-chromium';
import { inNode } from './in-node';
import { inTransformers } from './in-transformers';
import type { Inputs, Vectors } from './towers';

const checkpoint = resolve(
  process.argv[2] ?? fileURLToPath(new URL('../../packages/models/fixtures/clip', import.meta.url)),
);
const folder = process.argv[3] ?? (await mkdtemp(join(tmpdir(), 'afternoon-')));
const at = (name: string): string => join(folder, name);

async function crossweave(...args: string[]): Promise<void> {
  console.log(`\n> crossweave ${args.join(' ')}`);
  const code = await main(args, process);
  if (code !== 0) throw new Error(`crossweave ${args[0]!} ended with ${code}`);
}

const pictures = at('scenes/images');
await crossweave('data', 'make', 'scenes', '--n', '120', '--size', '32', '--out', at('scenes'));
await crossweave(
  ...['train', '--preset', 'fine-tune', '--model', checkpoint, '--out', at('run')],
  ...['--captions', at('scenes/captions.jsonl')],
  ...['--set', 'training.steps=60', '--set', 'training.batchSize=16'],
);
await crossweave(
  'search',
  'a red circle',
  '--model',
  at('run'),
  '--images',
  pictures,
  '--top',
  '3',
);
const labels = ['--labels', 'a circle,a square,a triangle'];
await crossweave('zero-shot', '--model', at('run'), '--images', pictures, ...labels);
await crossweave('export', '--model', at('run'), '--out', at('exported'));

await using model = await openModel(at('run'));
const names = (await listPictures(pictures)).slice(0, 4).map((name) => join(pictures, name));
const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(name) })));
// The last is longer than the model reads: it must be cut at the same place everywhere.
const texts = ['a red circle', 'a red ring', 'a red circle above a green ring '.repeat(20)];
const batch = await model.preprocess(files);
const channelsFirst = transpose(batch, [0, 3, 1, 2]);
const inputs: Inputs = {
  pixels: { shape: channelsFirst.shape, values: (await channelsFirst.data()) as Float32Array },
  texts,
};
const own: Vectors = {
  image: rowsOf(await model.encodeImage(batch)),
  text: rowsOf(await model.encodeText(texts)),
};
batch.dispose();
channelsFirst.dispose();

console.log('\nLargest difference from the trained model, over all numbers of all vectors:');
for (const [runtime, run] of Object.entries({
  'onnxruntime-node': inNode,
  'transformers.js': inTransformers,
  'onnxruntime-web in Chromium': inChromium,
})) {
  const vectors = await run(at('exported'), inputs);
  const [image, text] = [gap(vectors.image, own.image), gap(vectors.text, own.text)];
  console.log(`  ${runtime}: pictures ${image.toExponential(1)}, texts ${text.toExponential(1)}`);
  if (!(image < 1e-4 && text < 1e-4)) throw new Error(`${runtime} gives other vectors`);
}
if (process.argv[3] === undefined) await rm(folder, { recursive: true });

function rowsOf({ rows, dim, values }: Embeddings): number[][] {
  return Array.from({ length: rows }, (_, row) => [...values.subarray(row * dim, (row + 1) * dim)]);
}

/** NaN where the shapes differ. */
function gap(a: readonly number[][], b: readonly number[][]): number {
  const [left, right] = [a.flat(), b.flat()];
  if (left.length !== right.length) return NaN;
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}
