/**
 * Trains every fusion of @crossweave/fusion for 200 steps on the same cached tokens and prints a
 * table: size, time, and how well it finds the caption of a picture and the picture of a caption
 * by its own scores. The results are written to runs/fusion-zoo/RESULTS.md. `npm start -- film gmu`
 * trains these alone.
 */
import { existsSync } from 'node:fs';
import { countParameters, disposeParams, foldIn, key, subtree } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { writeFileAtomic } from '@crossweave/core/node';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { createFusion, dualEncoder, fusions, type FusionOptions } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { chanceOf, encodeSplit, evaluateFusion, pretrainTowers } from '@crossweave/lab';
import { infoNCE, listwiseMatching } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import {
  adamW,
  cachedEncoder,
  disposeState,
  jointModel,
  train,
  warmupCosine,
} from '@crossweave/trainer';

/** Widths for tokens of width 128 and two CPU cores; the defaults are those of the papers. */
const layers = { dim: 64, layers: 2, hidden: 128 };
const normFirst = { ...layers, normFirst: true };
const options: { readonly [Name in keyof FusionOptions]?: FusionOptions[Name] } = {
  'dual-encoder': { dim: 128, projection: 'mlp', hidden: 256 },
  'concat-mlp': { dim: 128, hidden: [256] },
  sum: { dim: 128, hidden: 256 },
  'mean-of-logits': { dim: 128, hidden: [256] },
  mlb: { dim: 128, hidden: 256 },
  mfb: { dim: 128, hidden: 128 },
  mfh: { dim: 128, hidden: 128 },
  mutan: { dim: 128, hidden: 128, rank: 8 },
  tucker: { dim: 128, hidden: 32 },
  block: { dim: 128, hidden: 160, chunks: 8 },
  mcb: { dim: 128, hidden: 1024 },
  'tensor-fusion': { dim: 32 },
  'low-rank-tensor-fusion': { dim: 128, rank: 8 },
  'single-stream': normFirst,
  'channel-concat': normFirst,
  bottleneck: normFirst,
  'text-queries-image': normFirst,
  'co-attention': normFirst,
  'merged-attention': normFirst,
  'gated-cross-attention': layers,
  'q-former': { ...layers, queries: 8 },
  'attentional-pooler': { ...normFirst, queries: 8 },
  mult: layers,
};

const out = 'runs/fusion-zoo';
const captions = `${out}/data/captions.jsonl`;
const steps = { towers: 260, fusion: 200 };
const wanted = process.argv.slice(2);

const engine = await useEngine();
console.log(engine.describe());
if (!existsSync(captions)) await makeScenes({ count: 2000, seed: 7, out: `${out}/data` });
const rows = await readRows(captions);
const trainCaptions = rows.flatMap((row) =>
  'record' in row && row.record.split === 'train' ? row.record.captions : [],
);
await buildVocabulary(trainCaptions, { out: `${out}/tokenizer` });
const data = await loadPairs({
  captions,
  tokenizer: `${out}/tokenizer`,
  imageSize: 64,
  maxTokens: 20,
});
const split = { train: data.split('train'), test: data.split('test') };

/** AdamW with a short warm-up and a cosine to zero. */
const optimizer = (learningRate: number | Record<string, number>, total: number) =>
  adamW({
    learningRate,
    weightDecay: 0.05,
    schedule: warmupCosine({ warmup: Math.round(total / 20), steps: total }),
  });

const image = resnetSmall({ strides: [2, 2, 2] });
const text = bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 });
const towers = await pretrainTowers({
  data: { ...split, fingerprint: data.fingerprint },
  towers: {
    image,
    text,
    fusion: dualEncoder({ dim: 128, pooling: { image: 'attention', text: 'encoder' } }),
    data: (from) => pairBatches(split.train, { batchSize: 64, key: from }),
    loss: infoNCE(),
    optimizer: optimizer({ image: 2e-3, text: 1e-3, fusion: 1e-3 }, steps.towers),
    steps: steps.towers,
    seed: 0,
  },
  arms: [],
  seeds: [0],
  out,
  recipe: { towers: { steps: steps.towers, batchSize: 64 }, arms: {} },
  onProgress: (progress) => {
    if (progress.stage !== 'towers' || progress.record.kind !== 'step') return;
    const { step, loss } = progress.record;
    if (step % 50 === 0)
      console.log(`towers: step ${step} of ${steps.towers}, loss ${loss.toFixed(3)}`);
  },
});
const encode = (part: typeof split.train) =>
  encodeSplit({
    split: part,
    image: { encoder: image, params: towers.image },
    text: { encoder: text, params: towers.text },
  });
const caches = { train: await encode(split.train), test: await encode(split.test) };
for (const params of [towers.image, towers.text, towers.fusion]) disposeParams(params);

const chance = chanceOf(caches.test);
const [i2t, t2i] = ['retrieval.i2t.r10', 'retrieval.t2i.r10'];
const table = [
  ['fusion', 'family', 'parameters', 'ms a step', 'loss', 'image → text R@10', 'text → image R@10'],
];
const share = (value: number): string => value.toFixed(3);
for (const name of Object.keys(fusions)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const fusion = createFusion(name, { dim: 128, ...options[name as keyof FusionOptions] });
  const began = performance.now();
  let loss = NaN;
  const state = await train({
    model: jointModel({
      image: cachedEncoder(image.name, image.features),
      text: cachedEncoder(text.name, text.features),
      fusion,
    }),
    loss: listwiseMatching({ inBatch: 7 }),
    optimizer: optimizer(1e-3, steps.fusion),
    data: pairBatches(caches.train, { batchSize: 32, key: foldIn(key(1), 'batches') }),
    steps: steps.fusion,
    key: foldIn(key(1), name),
    // A loss or gradient that is not finite ends the training with an error that says where.
    log: (record) => {
      if (record.kind === 'step') loss = record.loss;
    },
  });
  const milliseconds = (performance.now() - began) / steps.fusion;
  const params = subtree(state.params, 'fusion.');
  const { metrics } = await evaluateFusion({ fusion, params }, caches.test);
  table.push([
    name,
    fusion.family,
    countParameters(params).toLocaleString('en-US'),
    milliseconds.toFixed(0),
    loss.toFixed(3),
    share(metrics[i2t]!),
    share(metrics[t2i]!),
  ]);
  console.log(table.at(-1)!.join('  '));
  disposeState(state);
}
table.push([
  'chance',
  '',
  '',
  '',
  Math.log(8).toFixed(3),
  share(chance[i2t]!),
  share(chance[t2i]!),
]);

const lines = table.map((cells) => `| ${cells.join(' | ')} |`);
const rule = `| ${table[0]!.map(() => '---').join(' | ')} |`;
const markdown = [lines[0]!, rule, ...lines.slice(1)].join('\n');
await writeFileAtomic(`${out}/RESULTS.md`, `${markdown}\n`);
console.log(`\n${markdown}\n\nwritten to ${out}/RESULTS.md`);
