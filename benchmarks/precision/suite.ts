/**
 * `npm run bench -- precision --python PATH`: steps and features in float32 and in bf16, on ONNX
 * Runtime, OpenVINO and PyTorch, each in a process of its own. The sides take turns in every round.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFileAtomic, writeJsonAtomic } from '@crossweave/core/node';
import { measureOurs, measurePeer, ProcessError, whyNoPeer } from '../steps/processes';
import type { Counts, Measurement } from '../steps/processes';
import { between, describeMachine } from '../steps/publish';
import { median, type Machine } from '../steps/report';
import type { Row, Variant } from '../steps/rows';
import { encoderRows } from '../steps/rows/encoders';
import { engineRows } from '../steps/rows/engine';
import { quickstartRows } from '../steps/rows/quickstart';

const usage = `npm run bench -- precision --python PATH [options]

Measures features and training steps in float32 and bf16 on ONNX Runtime, OpenVINO and PyTorch.
OpenVINO is found by CROSSWEAVE_OPENVINO, see packages/tfjs-backend-openvino. About 40 minutes on two
cores with 3 rounds.

  --python PATH   a Python with benchmarks/peers/requirements.txt
  --rounds N      how often the sides take turns in each row (default 3)
  --steps N       steps counted in each process (default: each row's own)
  --only A,B      these rows alone; nothing is written then, nor with --steps
  --out FILE      where the results go, without the table in benchmarks/README.md
  --help`;

const NAMES = [
  'resnet50-features',
  'vit-b16-features',
  'bert-base-features',
  'cross-attention',
  'bert-base',
  'resnet50',
  'quickstart-co-attention',
  'quickstart-single-stream',
] as const;

interface Side {
  readonly name: string;
  measure(row: Row, counts: Counts, python: string): Promise<Measurement>;
}

const ours = (name: string, engine: string, precision: 'float32' | 'bf16'): Side => ({
  name,
  measure: (row, counts) => measureOurs(row, counts, engine, precision),
});
const torch = (name: string, variant: Variant): Side => ({
  name,
  measure: (row, counts, python) => measurePeer(row, counts, python, variant),
});

const SIDES = [
  ours('onnx', 'onnx', 'float32'),
  ours('openvino', 'onnx:openvino', 'float32'),
  ours('openvino bf16', 'onnx:openvino', 'bf16'),
  torch('torch', 'default'),
  torch('torch tuned', 'tuned'),
  torch('torch bf16', 'bf16'),
] as const;

interface RowResult {
  readonly name: string;
  readonly title: string;
  /** By the name of the side, one measurement a round. */
  readonly measured: Readonly<Record<string, readonly Measurement[]>>;
  readonly notes: readonly string[];
}

interface Result {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly rows: readonly RowResult[];
}

/** Runs the suite; gives the exit code: 0 done, 1 a side failed, 2 bad usage. */
export async function precisionSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      python: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const python = values.python ?? process.env['CROSSWEAVE_PYTHON'] ?? 'python3';
  const rounds = Number(values.rounds);
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  const names = values.only?.split(',') ?? NAMES;
  const rows = names.flatMap((name) => rowOf(name) ?? []);
  const missing = await whyNoPeer(python);
  const fault =
    missing !== undefined
      ? `${python} does not run PyTorch: ${missing}`
      : !Number.isInteger(rounds) || rounds < 1
        ? `--rounds: expected a whole number of at least 1, got "${values.rounds}"`
        : steps !== undefined && (!Number.isInteger(steps) || steps < 1)
          ? `--steps: expected a whole number of at least 1, got "${values.steps}"`
          : rows.length < names.length
            ? `--only: expected some of ${NAMES.join(', ')}, got "${values.only}"`
            : undefined;
  if (fault !== undefined) {
    console.error(`${fault}\n\n${usage}`);
    return 2;
  }
  const machine = describeMachine();
  const results: RowResult[] = [];
  for (const row of rows) results.push(await measureRow(row, rounds, steps ?? row.steps, python));
  const result = { date: new Date().toISOString(), machine, rounds, rows: results };
  await publish(result, values.out, values.only === undefined && steps === undefined);
  return results.every(({ notes }) => notes.length === 0) ? 0 : 1;
}

const ROWS: readonly Row[] = [
  ...encoderRows,
  ...engineRows,
  ...quickstartRows.map((row) => ({ ...row, title: `the quickstart's ${row.title} step` })),
];
const rowOf = (name: string): Row | undefined => ROWS.find((row) => row.name === name);

async function measureRow(
  row: Row,
  rounds: number,
  steps: number,
  python: string,
): Promise<RowResult> {
  const measured: Record<string, Measurement[]> = {};
  const notes: string[] = [];
  const counts = { threads: 2, steps, warmup: row.warmup };
  for (let round = 1; round <= rounds; round++) {
    for (const side of SIDES) {
      const label = `${row.name.padEnd(18)} ${side.name.padEnd(13)} ${round}/${rounds}`;
      try {
        const measurement = await side.measure(row, counts, python);
        (measured[side.name] ??= []).push(measurement);
        const { times, losses, peakMb, cpuMs } = measurement;
        const figures = `median ${median(times).toPrecision(3)} ms, processor ${cpuMs} ms`;
        console.error(label, `${figures}, loss ${losses.join(' → ')}, ${peakMb} MB`);
      } catch (error) {
        if (!(error instanceof ProcessError)) throw error;
        notes.push(`${side.name} failed: ${error.message}`);
        console.error(label, `failed: ${error.message}`);
      }
    }
  }
  return { name: row.name, title: row.title, measured, notes };
}

/** The middle time of a side over all rounds; NaN if it failed. */
function middle({ measured }: RowResult, side: string): number {
  const times = (measured[side] ?? []).flatMap((each) => each.times);
  return times.length === 0 ? Number.NaN : median(times);
}

/** The median over the rounds of the ratio of two sides, which took turns in each round. */
function ratio({ measured }: RowResult, side: string, others: readonly string[]): string {
  const rounds = (measured[side] ?? []).map(({ times }, i) => {
    const best = others.map((other) => median(measured[other]?.[i]?.times ?? [Number.NaN]));
    return median(times) / Math.min(...best);
  });
  if (rounds.length === 0 || rounds.some(Number.isNaN)) return 'n/a';
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return `${median(rounds).toFixed(2)} [${least.toFixed(2)}, ${most.toFixed(2)}]`;
}

function markdown({ date, machine, rounds, rows }: Result): string {
  const peak = (row: RowResult, side: string): string => {
    const all = (row.measured[side] ?? []).map(({ peakMb }) => peakMb);
    return all.length === 0 ? 'n/a' : String(Math.max(...all));
  };
  const float32 = ['torch', 'torch tuned'];
  const lines = rows.map((row) =>
    [
      row.title,
      ...SIDES.map(({ name }) => middle(row, name).toPrecision(3)),
      ratio(row, 'openvino bf16', float32),
      ratio(row, 'openvino bf16', ['torch bf16']),
      ratio(row, 'openvino', ['onnx']),
      `${peak(row, 'openvino bf16')} / ${peak(row, 'torch bf16')} / ${peak(row, 'torch')}`,
    ].join(' | '),
  );
  const head = [
    ...['step', ...SIDES.map(({ name }) => `${name}, ms`), 'bf16 / torch float32'],
    ...['bf16 / torch bf16', 'openvino / onnx', 'peak MB: openvino bf16 / torch bf16 / torch'],
  ];
  const notes = rows.flatMap(({ name, notes: own }) => own.map((note) => `- ${name}: ${note}`));
  return [
    `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, 2 threads, load ${machine.loadBefore} before ` +
      `the run. Middle times of a step over ${rounds} interleaved rounds; ratios are medians over the ` +
      'rounds, in brackets the smallest and largest. torch float32 is the faster of its two settings.',
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...lines.map((line) => `| ${line} |`),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

async function publish(result: Result, out: string | undefined, whole: boolean): Promise<void> {
  const table = markdown(result);
  console.log(table);
  if (out !== undefined) await writeJsonAtomic(out, result);
  else if (whole) {
    const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
    await writeJsonAtomic(path('results/precision.json'), result);
    const readme = path('README.md');
    const text = await readFile(readme, 'utf8');
    await writeFileAtomic(readme, between('precision', text, table));
  }
}
