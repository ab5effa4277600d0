/**
 * Does joint fusion beat a dual encoder at binding words to objects? Four arms, three seeds, the
 * same towers, batches and steps for all. At most an hour on two cores; stop it at any time, it
 * continues where it was. Results: runs/ablation-fusion, and RESULTS.md beside this file.
 */
import { existsSync } from 'node:fs';
import { useEngine } from '@crossweave/core/engine';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { coAttention, dualEncoder, singleStream } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { compareFusions, writeReport } from '@crossweave/lab';
import { infoNCE, listwiseMatching } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, warmupCosine } from '@crossweave/trainer';

const out = 'runs/ablation-fusion';
const captionsFile = `${out}/data/captions.jsonl`;
const steps = { towers: 400, fusion: 1000 };
const seeds = [1, 2, 3];

const engine = await useEngine();
console.log(engine.describe());
if (!existsSync(captionsFile)) await makeScenes({ count: 2000, seed: 7, out: `${out}/data` });
const rows = await readRows(captionsFile);
const trainCaptions = rows.flatMap((row) =>
  'record' in row && row.record.split === 'train' ? row.record.captions : [],
);
await buildVocabulary(trainCaptions, { out: `${out}/tokenizer` });
const data = await loadPairs({
  captions: captionsFile,
  tokenizer: `${out}/tokenizer`,
  imageSize: 64,
  maxTokens: 20,
});
const train = data.split('train');

/** AdamW with a short warm-up and a cosine to zero over a stretch of training. */
const optimizer = (learningRate: number | Record<string, number>, total: number) =>
  adamW({
    learningRate,
    weightDecay: 0.05,
    schedule: warmupCosine({ warmup: Math.round(total / 20), steps: total }),
  });

const joint = { dim: 64, layers: 2, hidden: 128, normFirst: true };
const fusions = {
  'late, pooled': dualEncoder({ dim: 128, projection: 'mlp', hidden: 256 }),
  'late, tokens': dualEncoder({ dim: 128, projection: 'mlp', pooling: 'attention', queries: 4 }),
  early: singleStream(joint),
  'cross-attention': coAttention(joint),
};
const training = {
  steps: steps.fusion,
  batchSize: 32,
  negatives: 3,
  loss: listwiseMatching({ inBatch: 1 }),
  optimizer: optimizer(1e-3, steps.fusion),
};
/** The arms' names as file names. */
const fileName = (name: string): string => name.replace(', ', '-');

const end = await compareFusions({
  data: { train, test: data.split('test'), fingerprint: data.fingerprint },
  towers: {
    image: resnetSmall({ strides: [2, 2, 2] }),
    text: bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 }),
    fusion: dualEncoder({ dim: 128, pooling: { image: 'attention', text: 'encoder' } }),
    data: (key) => pairBatches(train, { batchSize: 64, key }),
    loss: infoNCE(),
    optimizer: optimizer({ image: 2e-3, text: 1e-3, fusion: 1e-3 }, steps.towers),
    steps: steps.towers,
    seed: 0,
  },
  arms: Object.entries(fusions).map(([name, fusion]) => ({
    name: fileName(name),
    fusion,
    training,
  })),
  seeds,
  out,
  onProgress: (progress) => {
    if (progress.stage === 'trial') {
      const { kind, arm, seed, outcome } = progress;
      const accuracy = outcome?.metrics['matching.accuracy']?.toFixed(3) ?? '';
      console.log(`${kind} ${arm}, seed ${seed} ${accuracy}`);
    } else if ('record' in progress && progress.record.kind === 'step') {
      const { step, loss } = progress.record;
      if (step % 100 === 0) console.log(`  step ${step}, loss ${loss.toFixed(3)}`);
    }
  },
});

if (!end.interrupted) {
  await writeReport(out, {
    title: 'Does joint fusion beat a dual encoder at binding?',
    results: end.results,
    trials: end.trials,
    environment: { engine: engine.name, node: process.version, data: data.fingerprint },
    config: { steps, seeds },
  });
  console.log(`Report: ${out}/report.html`);
}
