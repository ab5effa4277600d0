/**
 * One checkpoint, fine-tuned in three ways on other data than it was trained on: what it gains there, and
 * what it loses on its own.
 *
 *     npm start -- CHECKPOINT OWN OTHER FOLDER
 *
 * OWN and OTHER are captions files with the splits train, val and test; FOLDER keeps the runs.
 */
import { join } from 'node:path';
import { fineTune, zeroShot, type Figures } from './measure';
import { agree, overall, table } from './table';

const [checkpoint, own, other, folder] = process.argv.slice(2);
if (folder === undefined || checkpoint === undefined || own === undefined || other === undefined) {
  throw new Error('usage: npm start -- CHECKPOINT OWN OTHER FOLDER');
}

const adapters = { lora: { rank: 8, alpha: 16 }, freeze: 'base' };
interface Way {
  /** Settings of both towers. */
  readonly towers?: Readonly<Record<string, unknown>>;
  /** The parts that learn: each has the chosen rate. */
  readonly trained: readonly string[];
}
const ways: Readonly<Record<string, Way>> = {
  'all parameters': { trained: ['image', 'text', 'fusion'] },
  'LoRA of rank 8, and projections': { towers: adapters, trained: ['image', 'text', 'fusion'] },
  'projections over frozen towers': { towers: { freeze: 'all' }, trained: ['fusion'] },
};

const rates = [3e-4, 1e-3, 3e-3];
const seeds = [1, 2, 3];
const steps = { choice: 60, each: 200 };
/** The checkpoint ended with 0.053. */
const temperature = 0.05;

const settings = ({ towers, trained }: Way, rate: number, seed: number) => ({
  ...(towers === undefined ? {} : { image: towers, text: towers }),
  'training.learningRate': Object.fromEntries(trained.map((part) => [part, rate])),
  'training.loss': { name: 'info-nce', options: { temperature } },
  'training.batchSize': 64,
  'data.pictureStore': join(folder, 'pictures'),
  seed,
});

/** The rate that is best on val after few steps, with one seed. */
async function chosenRate(name: string, way: Way): Promise<number> {
  const tried: { rate: number; reached: number }[] = [];
  for (const rate of rates) {
    const { metrics } = await fineTune(checkpoint!, other!, join(folder!, name, `val-${rate}`), {
      ...settings(way, rate, 1),
      'training.steps': steps.choice,
      'data.test': 'val',
    });
    tried.push({ rate, reached: overall(metrics) });
    console.error(`${name}: ${rate} reaches ${overall(metrics).toFixed(4)} on val`);
  }
  return tried.reduce((best, each) => (each.reached > best.reached ? each : best)).rate;
}

const before = {
  own: await zeroShot(checkpoint, own, join(folder, 'own')),
  other: await zeroShot(checkpoint, other, join(folder, 'other')),
};
const gained: [string, Figures[]][] = [
  ['chance', [before.other.chance]],
  ['checkpoint, step 0', [before.other.metrics]],
];
const kept: [string, Figures[]][] = [
  ['chance', [before.own.chance]],
  ['checkpoint, step 0', [before.own.metrics]],
];
for (const [name, way] of Object.entries(ways)) {
  const rate = await chosenRate(name, way);
  const onOther: Figures[] = [];
  const onOwn: Figures[] = [];
  for (const seed of seeds) {
    const out = join(folder, name, `seed-${seed}`);
    const { beforeTraining, metrics } = await fineTune(checkpoint, other, out, {
      ...settings(way, rate, seed),
      'training.steps': steps.each,
    });
    agree(beforeTraining, before.other.metrics, out);
    onOther.push(metrics);
    onOwn.push((await zeroShot(join(out, 'model'), own, join(folder, 'own'))).metrics);
    console.error(`${name}: seed ${seed} reaches ${overall(metrics).toFixed(4)}`);
  }
  gained.push([`${name}, rate ${rate}`, onOther]);
  kept.push([name, onOwn]);
}
console.log(`\nOn the other data:\n\n${table(gained)}`);
console.log(`\nOn its own data:\n\n${table(kept, before.own.metrics)}`);
