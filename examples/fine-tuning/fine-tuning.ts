/**
 * One checkpoint, fine-tuned in several ways on other data than it was trained on: what it gains there, and
 * what it loses on its own.
 *
 *     npm start -- CHECKPOINT OWN OTHER FOLDER
 *
 * OWN and OTHER are captions files with the splits train, val and test; FOLDER keeps the runs.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { between, fineTune, zeroShot, type Figures } from './measure';
import { mixture } from './mixture';
import { agree, overall, table } from './table';

const [checkpoint, own, other, folder] = process.argv.slice(2);
if (folder === undefined || checkpoint === undefined || own === undefined || other === undefined) {
  throw new Error('usage: npm start -- CHECKPOINT OWN OTHER FOLDER');
}

interface Way {
  /** Settings of both towers. */
  readonly image?: Readonly<Record<string, unknown>>;
  readonly text?: Readonly<Record<string, unknown>>;
  /** Of every part that learns; chosen on val after 60 steps, see RESULTS.md. */
  readonly rate: number;
  /** Whether a quarter of the training pairs are the checkpoint's own. */
  readonly replay: boolean;
}

const lora = { rank: 8, alpha: 16 };
/** All of the text tower but its adapters and the embeddings of words, many of which are new. */
const allButWords = [
  ...['weight', 'bias'].map((leaf) => `text_model.encoder.layers.*.*.*.${leaf}`),
  ...['layer_norm1', 'layer_norm2'].map((norm) => `text_model.encoder.layers.*.${norm}`),
  ...['text_model.final_layer_norm', 'text_model.embeddings.position_embedding'],
];
const ways: Readonly<Record<string, Way>> = {
  'all parameters, without replay': { rate: 3e-3, replay: false },
  'all parameters': { rate: 3e-3, replay: true },
  'LoRA of rank 8, words, projections': {
    image: { lora, freeze: 'base' },
    text: { lora, freeze: { paths: allButWords } },
    ...{ rate: 1e-2, replay: true },
  },
  'projections over frozen towers': {
    ...{ image: { freeze: 'all' }, text: { freeze: 'all' } },
    ...{ rate: 3e-3, replay: true },
  },
};

const seeds = [1, 2, 3];
/** The checkpoint ended with 0.053. */
const temperature = 0.05;
const shares = [0.25, 0.5, 0.75];
/** The share of the checkpoint's mean reciprocal rank on its own data that interpolation may cost, on val. */
const mayLose = 0.2;

const settings = ({ image, text, rate }: Way, seed: number) => ({
  ...(image && { image }),
  ...(text && { text }),
  'training.learningRate':
    image?.['freeze'] === 'all' ? { fusion: rate } : { image: rate, text: rate, fusion: rate },
  'training.loss': { name: 'info-nce', options: { temperature } },
  'training.batchSize': 64,
  'training.steps': 200,
  'data.pictureStore': join(folder, 'pictures'),
  seed,
});

const onOwn = (model: string, split = 'test') =>
  zeroShot(model, own, join(folder, 'own'), split).then(({ metrics }) => metrics);
const onOther = (model: string, split = 'test') =>
  zeroShot(model, other, join(folder, 'other'), split).then(({ metrics }) => metrics);

/** The share that is best on val of the other data, among those that lose no more than they may on val of its own. */
async function chosenShare(name: string, tuned: string): Promise<number> {
  const allowed = (1 - mayLose) * overall(await onOwn(checkpoint!, 'val'));
  let best = { share: 0, reached: 0 };
  for (const share of shares) {
    const model = await between(checkpoint!, tuned, share);
    const [kept, reached] = [await onOwn(model, 'val'), await onOther(model, 'val')].map(overall);
    console.error(
      `${name}: share ${share} reaches ${reached!.toFixed(4)}, keeps ${kept!.toFixed(4)} on val`,
    );
    if (kept! >= allowed && reached! > best.reached) best = { share, reached: reached! };
  }
  return best.share;
}

await mkdir(folder, { recursive: true });
const mixed = await mixture(own, other, folder);
const before = {
  own: await zeroShot(checkpoint, own, join(folder, 'own')),
  other: await zeroShot(checkpoint, other, join(folder, 'other')),
};
type Rows = Map<string, Figures[]>;
const gained: Rows = new Map([
  ['chance', [before.other.chance]],
  ['checkpoint, step 0', [before.other.metrics]],
]);
const kept: Rows = new Map([
  ['chance', [before.own.chance]],
  ['checkpoint, step 0', [before.own.metrics]],
]);
function add(name: string, other: Figures, own: Figures): void {
  gained.set(name, [...(gained.get(name) ?? []), other]);
  kept.set(name, [...(kept.get(name) ?? []), own]);
  console.error(`${name}: reaches ${overall(other).toFixed(4)}, keeps ${overall(own).toFixed(4)}`);
}

const shareOf = new Map<string, number>();
for (const seed of seeds) {
  for (const [name, way] of Object.entries(ways)) {
    const out = join(folder, name, `seed-${seed}`);
    const captions = way.replay ? mixed : other;
    const { beforeTraining, metrics } = await fineTune(
      checkpoint,
      captions,
      out,
      settings(way, seed),
    );
    agree(beforeTraining, before.other.metrics, out);
    const tuned = join(out, 'model');
    add(name, metrics, await onOwn(tuned));
    // Chosen with the first seed, for all of them.
    const share = shareOf.get(name) ?? (await chosenShare(name, tuned));
    shareOf.set(name, share);
    if (share === 0) continue;
    const model = await between(checkpoint, tuned, share);
    add(`${name}, interpolated: share ${share}`, await onOther(model), await onOwn(model));
  }
  console.log(`\nSeeds up to ${seed}. On the other data:\n\n${table([...gained])}`);
  console.log(`\nOn its own data:\n\n${table([...kept], before.own.metrics)}`);
}
