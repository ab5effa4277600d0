import { existsSync } from 'node:fs';
import { disposeParams, foldIn, key, subtree, withPrefix, type Params } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { dualEncoder } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import {
  adamW,
  copyOfState,
  disposeState,
  evaluateObjective,
  jointModel,
  train,
  warmupConstant,
  type StepRecord,
  type TrainRecord,
  type TrainState,
} from '@crossweave/trainer';

const out = 'runs/learning-rates';
const captions = `${out}/captions.jsonl`;
const batchSize = 32;

console.log((await useEngine()).describe());
if (!existsSync(captions)) await makeScenes({ count: 1600, seed: 11, out });
const rows = await readRows(captions);
const texts = rows.flatMap((row) => ('record' in row ? row.record.captions : []));
await buildVocabulary(texts, { out: `${out}/tokenizer` });
const data = await loadPairs({ captions, tokenizer: `${out}/tokenizer`, imageSize: 32, maxTokens: 20 });
const { vocabularySize: vocabulary } = data.tokenizer;

const model = jointModel({
  image: resnetSmall({ imageSize: 32, strides: [2, 2, 2] }),
  text: bertSmall({ vocabulary, layers: 2 }),
  fusion: dualEncoder({ dim: 64 }),
});
const loss = infoNCE();
const batches = (split: 'train' | 'test', seed: number) =>
  pairBatches(data.split(split), { batchSize, key: key(seed) });

/** Mean loss and share of right texts on held-out pairs. */
async function measure(params: Params): Promise<{ loss: number; accuracy: number }> {
  let [total, right, count] = [0, 0, 0];
  for await (const batch of batches('test', 5).batches(0)) {
    const result = evaluateObjective({ model, loss }, params, batch, { training: false, key: key(0) });
    total += (await result.total.data())[0]!;
    right += (await result.terms['accuracy']!.data())[0]!;
    count++;
  }
  return { loss: total / count, accuracy: right / count };
}

// The text tower that is there before: trained on half of the pictures beside another image tower.
const before = await train({
  ...{ model, loss, data: batches('train', 1), key: key(100), steps: 240 },
  optimizer: adamW({ learningRate: 1e-3, schedule: warmupConstant({ warmup: 10 }) }),
  log: (r) => r.kind === 'step' && r.step % 40 === 0 && console.log(r.step, r.loss.toFixed(3), JSON.stringify(r.branches)),
});
console.log('before', await measure(before.params));
const text = withPrefix('text.', subtree(before.params, 'text.'));

const rates: Record<string, Record<string, number>> = {
  '1e-3 / 2e-5': { image: 1e-3, text: 2e-5 },
  '1e-3 / 1e-3': { image: 1e-3, text: 1e-3 },
  '2e-5 / 2e-5': { image: 2e-5, text: 2e-5 },
  '5e-3 / 5e-3': { image: 5e-3, text: 5e-3 },
};
for (const [name, learningRate] of Object.entries(rates)) {
  for (const clipNorm of [1, Infinity]) {
    const seen: StepRecord[] = [];
    const state = await train({
      ...{ model, loss, data: batches('train', 2), key: key(3), steps: 120, initial: text },
      optimizer: adamW({ learningRate: { ...learningRate, fusion: 1e-3 }, clipNorm, schedule: warmupConstant({ warmup: 10 }) }),
      log: (record: TrainRecord) => { if (record.kind === 'step') seen.push(record); else if (record.kind === 'warning') console.log(record.message, record.advice); },
    });
    const median = (pick: (r: StepRecord) => number): string => seen.slice(20).map(pick).sort((a, b) => a - b)[50]!.toExponential(1);
    const { loss: l, accuracy } = await measure(state.params);
    console.log(name.padEnd(14), String(clipNorm).padEnd(9), 'test', l.toFixed(3), accuracy.toFixed(3), 'norm', median((r) => r.gradientNorm),
      ...['image', 'text'].map((b) => `${b}: g ${median((r) => r.branches![b]!.gradientNorm)} u ${median((r) => r.branches![b]!.updateRatio)} e ${median((r) => r.branches![b]!.effectiveRate)} s ${median((r) => r.branches![b]!.share)}`),
      'ms', (1000 * seen.slice(-50).reduce((a, r) => a + r.seconds, 0) / 50).toFixed(0));
    disposeState(state);
  }
}
