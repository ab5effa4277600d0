import { existsSync } from 'node:fs';
import { disposeParams, inference, key, subtree, withPrefix, type Params } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { dualEncoder } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import {
  adamW,
  disposeState,
  evaluateObjective,
  jointModel,
  train,
  warmupConstant,
  type BranchFigures,
  type StepRecord,
} from '@crossweave/trainer';

const out = 'runs/learning-rates';
const captions = `${out}/captions.jsonl`;
const steps = { before: 160, each: 80 };

console.log((await useEngine()).describe());
if (!existsSync(captions)) await makeScenes({ count: 1600, seed: 11, out });
const rows = await readRows(captions);
const texts = rows.flatMap((row) => ('record' in row ? row.record.captions : []));
await buildVocabulary(texts, { out: `${out}/tokenizer` });
const data = await loadPairs({
  ...{ captions, tokenizer: `${out}/tokenizer`, imageSize: 32, maxTokens: 20 },
});
const batches = (split: 'train' | 'test', seed: number) =>
  pairBatches(data.split(split), { batchSize: 32, key: key(seed) });

const model = jointModel({
  image: resnetSmall({ imageSize: 32, strides: [2, 2, 2] }),
  text: bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 }),
  fusion: dualEncoder({ dim: 64 }),
});
const loss = infoNCE();
const schedule = warmupConstant({ warmup: 10 });

// A text tower that has learned something before, beside an image tower that is then thrown away.
const before = await train({
  ...{ model, loss, data: batches('train', 1), key: key(100), steps: steps.before },
  optimizer: adamW({ learningRate: { '': 1e-3 }, schedule }),
});
const text = withPrefix('text.', subtree(before.params, 'text.'));

/** Loss and share of right texts among 32, on pairs that no run has seen. */
async function measure(params: Params): Promise<{ loss: number; accuracy: number }> {
  const sums = { loss: 0, accuracy: 0, count: 0 };
  for await (const batch of batches('test', 5).batches(0)) {
    const { total, terms } = evaluateObjective({ model, loss }, params, batch, inference);
    sums.loss += (await total.data())[0]!;
    sums.accuracy += (await terms['accuracy']!.data())[0]!;
    sums.count++;
  }
  return { loss: sums.loss / sums.count, accuracy: sums.accuracy / sums.count };
}

/** The median of a branch's figure over the second half of a run. */
function median(seen: readonly StepRecord[], branch: string, figure: keyof BranchFigures): number {
  const values = seen.slice(seen.length / 2).map(({ branches }) => branches![branch]![figure]);
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** A new image tower and the text tower from before, trained together. */
async function run(image: number, ofText: number, clipNorm: number): Promise<string[]> {
  const seen: StepRecord[] = [];
  const said: string[] = [];
  const state = await train({
    ...{ model, loss, data: batches('train', 2), key: key(3), steps: steps.each, initial: text },
    optimizer: adamW({ learningRate: { image, text: ofText }, clipNorm, schedule }),
    balance: { window: steps.each / 2 },
    log: (record) => {
      if (record.kind === 'step') seen.push(record);
      if (record.kind === 'warning') said.push(`${record.message}\n  ${record.advice}`);
    },
  });
  const { loss: left, accuracy } = await measure(state.params);
  disposeState(state);
  for (const line of said) console.log(`image ${image}, text ${ofText}: ${line}`);
  return [
    image.toExponential(0),
    ofText.toExponential(0),
    clipNorm === Infinity ? 'none' : clipNorm.toFixed(1),
    left.toFixed(3),
    accuracy.toFixed(3),
    ...['image', 'text'].flatMap((branch) => [
      median(seen, branch, 'gradientNorm').toFixed(2),
      median(seen, branch, 'updateRatio').toExponential(1),
      `${(100 * median(seen, branch, 'share')).toFixed(1)} %`,
    ]),
    said.length === 0 ? '' : said.map((line) => line.split(':', 1)[0]).join(', '),
  ];
}

const table: string[][] = [
  [
    ...['image', 'text', 'clip', 'test loss', 'right of 32'],
    ...['image', 'text'].flatMap((side) => [`${side}: gradient`, 'change', 'share']),
    'warning',
  ],
];
for (const [image, ofText] of [
  [1e-3, 2e-5],
  [1e-3, 1e-3],
  [2e-5, 2e-5],
] as const) {
  for (const clipNorm of [1, Infinity]) table.push(await run(image, ofText, clipNorm));
}
table.push(await run(1e-3, 1e-7, 1));

const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
for (const row of table) console.log(row.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
disposeParams(before.params);
disposeParams(before.optimizer);
