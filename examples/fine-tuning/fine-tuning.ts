/**
 * One checkpoint, fine-tuned in three ways on other data than it was trained on: what it gains there, and
 * what it loses on its own.
 *
 *     npx tsx fine-tuning.ts CHECKPOINT OWN OTHER FOLDER
 *
 * OWN and OTHER are captions files with the splits train, val and test; FOLDER keeps the runs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCode, main } from 'crossweave';

const [checkpoint, own, other, folder] = process.argv.slice(2);
if (folder === undefined || checkpoint === undefined || own === undefined || other === undefined) {
  throw new Error('usage: npx tsx fine-tuning.ts CHECKPOINT OWN OTHER FOLDER');
}

type Figures = Readonly<Record<string, number>>;
interface Measured {
  readonly metrics: Figures;
  readonly chance: Figures;
}
interface Trained extends Measured {
  readonly beforeTraining: Figures;
}

const adapters = { lora: { rank: 8, alpha: 16 }, freeze: 'base' };
/** What is trained, and the group of rates that is chosen. */
const ways: Readonly<Record<string, (rate: number) => Readonly<Record<string, unknown>>>> = {
  'LoRA of rank 8 and projections': (rate) => ({
    ...{ image: adapters, text: adapters },
    'training.learningRate': { image: rate, text: rate, fusion: rate },
  }),
  'projections over frozen towers': (rate) => ({
    ...{ image: { freeze: 'all' }, text: { freeze: 'all' } },
    'training.learningRate': { fusion: rate },
  }),
  everything: (rate) => ({
    'training.learningRate': { image: rate, text: rate, fusion: rate },
  }),
};
const rates = [3e-4, 1e-3, 3e-3];
const seeds = [1, 2, 3];
const metrics = ['i2t.r1', 'i2t.r10', 't2i.r1', 't2i.r10'].map((name) => `retrieval.${name}`);

/** A command's `--json`. */
async function crossweave(...args: string[]): Promise<unknown> {
  let written = '';
  const code = await main([...args, '--json'], {
    stdout: { write: (text) => (written += text) },
    stderr: { write: () => undefined },
    on: (event, listener) => process.on(event, listener),
    removeListener: (event, listener) => process.removeListener(event, listener),
    exit: (status) => process.exit(status),
  });
  if (code !== exitCode.done) throw new Error(`crossweave ${args.join(' ')} ended with ${code}`);
  return JSON.parse(written);
}

const measure = (model: string, captions: string, split = 'test'): Promise<Measured> =>
  crossweave(
    'eval',
    ...['--model', model, '--captions', captions, '--split', split],
  ) as Promise<Measured>;

/** 200 steps from the checkpoint, measured on a split. */
async function train(
  way: string,
  rate: number,
  seed: number,
  split: string,
): Promise<[string, Trained]> {
  const name = [way.split(' ')[0]!.toLowerCase(), rate, seed, split].join('-');
  const out = join(folder!, name);
  const settings = {
    ...ways[way]!(rate),
    'training.steps': 200,
    'training.batchSize': 64,
    'data.test': split,
    seed,
  };
  await crossweave(
    ...[
      'train',
      '--preset',
      'fine-tune',
      '--model',
      checkpoint!,
      '--captions',
      other!,
      '--out',
      out,
    ],
    ...Object.entries(settings).flatMap(([path, value]) => [
      '--set',
      `${path}=${JSON.stringify(value)}`,
    ]),
  );
  return [out, JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as Trained];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const overall = (figures: Figures): number => mean(metrics.map((metric) => figures[metric]!));
const row = (name: string, figures: readonly Figures[]): string =>
  `| ${[name, ...metrics.map((metric) => shown(figures.map((each) => each[metric]!)))].join(' | ')} |`;

/** The mean, and between which values the seeds lie where there are several. */
function shown(values: readonly number[]): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  if (values.length === 1) return percent(values[0]!);
  return `${percent(mean(values))} (${percent(Math.min(...values))}–${percent(Math.max(...values))})`;
}

const zeroShot = { own: await measure(checkpoint, own), other: await measure(checkpoint, other) };
const gained = [
  row('chance', [zeroShot.other.chance]),
  row('checkpoint', [zeroShot.other.metrics]),
];
const kept = [row('chance', [zeroShot.own.chance]), row('checkpoint', [zeroShot.own.metrics])];
for (const way of Object.keys(ways)) {
  let [rate, best] = [NaN, -1];
  for (const each of rates) {
    const [, { metrics: onVal }] = await train(way, each, 1, 'val');
    if (overall(onVal) > best) [rate, best] = [each, overall(onVal)];
  }
  const after: Figures[] = [];
  const onOwn: Figures[] = [];
  for (const seed of seeds) {
    const [out, trained] = await train(way, rate, seed, 'test');
    for (const metric of metrics) {
      const gap = Math.abs(trained.beforeTraining[metric]! - zeroShot.other.metrics[metric]!);
      if (!(gap <= 1e-4)) throw new Error(`${way} began ${gap} from the checkpoint's ${metric}`);
    }
    after.push(trained.metrics);
    onOwn.push((await measure(out, own)).metrics);
  }
  gained.push(row(`${way}, rate ${rate}`, after));
  kept.push(row(way, onOwn));
}

const head = ['', ...metrics.map((metric) => metric.replace('retrieval.', ''))];
const rule = `| ${head.map((_, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`;
for (const [title, rows] of [
  ['On the other data', gained],
  ['On its own data', kept],
] as const) {
  console.log([`\n${title}:\n`, `| ${head.join(' | ')} |`, rule, ...rows].join('\n'));
}
