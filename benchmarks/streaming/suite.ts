import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { writeDataset } from '@crossweave/data';
import sharp from 'sharp';
import { trainAndKill } from './command';

const usage = `npm run bench -- streaming [--rows N] [--killed N] [--trials N] [--steps N] [--engine NAME]

Writes shards of 10,000 samples with tiny pictures and streams an epoch of N rows (default 1,000,000):
resident memory as it goes by. Then streams --killed rows (default 60,000) again and again, ends the
process with SIGKILL at a random moment, --trials times (default 20), and resumes each time: the ids of
all batches must be those of a run that was never stopped. Then the same through the command line: a
training of --steps steps (default 300) on the first shards, on an engine (default onnx), killed --trials
times: the losses of all steps must be the same. 0 rows, 0 killed or 0 steps leave a part out.`;

const cwd = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);
const shardSize = 10_000;
const program = [
  ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
  'streaming/stream.ts',
];

export async function streamingSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '1000000' },
      killed: { type: 'string', default: '60000' },
      trials: { type: 'string', default: '20' },
      steps: { type: 'string', default: '300' },
      engine: { type: 'string', default: 'onnx' },
      help: { type: 'boolean', default: false },
    },
  });
  const given = [values.rows, values.killed, values.trials, values.steps].map(Number);
  const [rows = 0, killed = 0, trials = 0, steps = 0] = given;
  const wrong = given.some((each) => !Number.isInteger(each) || each < 0);
  if (values.help || wrong) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-streaming-'));
  try {
    const streamed = steps > 0 ? shardSize : 0;
    await writeShards(folder, Math.max(rows, killed, streamed));
    if (rows > 0) await memoryOf(source(folder, rows), rows);
    const codes = [killed === 0 ? 0 : await killAndResume(folder, source(folder, killed), trials)];
    if (steps > 0) {
      const shards = source(folder, streamed);
      const run = { source: shards, captions: await held(folder), words, steps };
      codes.push(await trainAndKill(folder, { ...run, engine: values.engine }, trials));
    }
    return Math.max(...codes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function source(folder: string, rows: number): string {
  const last = String(Math.ceil(rows / shardSize) - 1).padStart(6, '0');
  return join(folder, 'shards', `train-{000000..${last}}.tar`);
}

const words = ['a tiny picture', ...Array.from({ length: 97 }, (_, i) => `number ${i}`)];

/** Pictures repeat; samples and ids do not. */
async function writeShards(folder: string, rows: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pictures = await tinyPictures();
  function* samples(): Generator<object> {
    for (let i = 0; i < rows; i++) {
      const caption = `a tiny picture number ${i % pictures.length}`;
      yield { id: String(i), image: pictures[i % pictures.length], caption };
    }
  }
  const out = join(folder, 'shards');
  await writeDataset(samples(), { out, as: 'webdataset', shardSize });
}

/** A captions file of one sample a picture, to measure with. */
async function held(folder: string): Promise<string> {
  const samples = (await tinyPictures()).map((image, i) => ({
    ...{ id: `held ${i}`, image, caption: `a tiny picture number ${i}`, split: 'test' },
  }));
  const out = join(folder, 'held');
  await writeDataset(samples, { out, as: 'webdataset', shardSize });
  return out;
}

async function tinyPictures(): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: 97 }, (_, i) => {
      const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 13) % 256 };
      return sharp({ create: { width: 20, height: 16, channels: 3, background } })
        .jpeg()
        .toBuffer();
    }),
  );
}

async function memoryOf(path: string, rows: number): Promise<void> {
  const every = String(Math.max(1000, Math.floor(rows / 10)));
  const began = performance.now();
  const { stdout } = await run(process.execPath, [...program, path, '', every], { cwd });
  console.log(`${rows} rows in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  console.log(stdout.trim());
}

async function killAndResume(folder: string, path: string, trials: number): Promise<number> {
  const expected = join(folder, 'whole.jsonl');
  await run(process.execPath, [...program, path, expected], { cwd });
  const { size } = await stat(expected);
  const wanted = await idsOf(expected);
  let same = 0;
  let kills = 0;
  for (let trial = 0; trial < trials; trial++) {
    const log = join(folder, `${trial}.jsonl`);
    const child = spawn(process.execPath, [...program, path, log], { cwd, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const until = Math.random() * size;
    while (child.exitCode === null && (await sizeOf(log)) < until) await setTimeout(2);
    await setTimeout(Math.random() * 50);
    if (child.exitCode === null && child.kill('SIGKILL')) kills++;
    await ended;
    await dropCutLine(log);
    const before = (await idsOf(log)).length;
    await run(process.execPath, [...program, path, log], { cwd });
    const found = await idsOf(log);
    const equal = JSON.stringify(found) === JSON.stringify(wanted);
    if (equal) same++;
    console.error(
      `trial ${trial + 1}: killed after ${before} samples, ${equal ? 'same' : 'OTHER'} ids`,
    );
  }
  console.log(
    `${same} of ${trials} runs that were killed and resumed gave the same ${wanted.length} ids (${kills} were killed)`,
  );
  return same === trials ? 0 : 1;
}

async function sizeOf(log: string): Promise<number> {
  return (await stat(log).catch(() => ({ size: 0 }))).size;
}

async function idsOf(log: string): Promise<string[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (JSON.parse(line) as { ids: string[] }).ids);
}

/** What a killed process was writing. */
async function dropCutLine(log: string): Promise<void> {
  const text = await readFile(log, 'utf8').catch(() => undefined);
  if (text === undefined) return writeFile(log, '');
  await truncate(log, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
}
