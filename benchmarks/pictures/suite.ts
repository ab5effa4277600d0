import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makePictures } from './make';

const usage = `npm run bench -- pictures [--python PATH] [--count N] [--rounds N] [--workers N] [--engine NAME]

Makes JPEG files of about 500 × 375 (default 2,000) and loads them as batches of 64: decode, resize to
224, normalise. Here, on an engine (default onnx) that reads each batch by its sum, and by PyTorch's
DataLoader with Pillow and torchvision, each with the same number of workers (default 2), in processes of
their own that take turns (default 3 rounds). The second epoch of each is measured. Writes
benchmarks/results/pictures.json.`;

/** What a process prints. */
export interface Reading {
  readonly images: number;
  readonly seconds: number;
  /** Of all threads and processes. */
  readonly processorSeconds: number;
  readonly peakMb: number;
  readonly versions: Readonly<Record<string, string>>;
}

const cwd = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);
const batch = '64';

export async function picturesSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      python: { type: 'string', default: process.env['CROSSWEAVE_PYTHON'] ?? 'python3' },
      count: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      workers: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'onnx' },
      help: { type: 'boolean', default: false },
    },
  });
  const { python, workers, engine } = values;
  const [count, rounds] = [Number(values.count), Number(values.rounds)];
  if (values.help || ![count, rounds].every((each) => Number.isInteger(each) && each > 0)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const load = loadavg()[0];
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-pictures-'));
  try {
    await makePictures(folder, count);
    const ours: Reading[] = [];
    const peer: Reading[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await measureOurs(folder, workers, engine));
      const found = await measurePeer(python, folder, workers);
      if (found !== undefined) peer.push(found);
      console.error(`round ${round + 1}: ${summary(ours.at(-1))}; PyTorch ${summary(peer.at(-1))}`);
    }
    const results = {
      date: new Date().toISOString().slice(0, 10),
      processor: cpus()[0]?.model,
      cores: availableParallelism(),
      load,
      ...{ count, workers, batch, engine, ours, peer },
    };
    await writeFile(
      join(cwd, 'results/pictures.json'),
      `${JSON.stringify(results, undefined, 2)}\n`,
    );
    console.log(table(ours, peer));
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureOurs(folder: string, workers: string, engine: string): Promise<Reading> {
  return read(process.execPath, [
    ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
    ...['pictures/measure.ts', folder, workers, batch, engine],
  ]);
}

async function measurePeer(
  python: string,
  folder: string,
  workers: string,
): Promise<Reading | undefined> {
  try {
    return await read(python, ['peers/loader.py', folder, '--workers', workers, '--batch', batch]);
  } catch (error) {
    console.error(`no PyTorch: ${error instanceof Error ? error.message.slice(0, 300) : ''}`);
    return undefined;
  }
}

async function read(command: string, args: readonly string[]): Promise<Reading> {
  const { stdout } = await run(command, args, { cwd });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Reading;
}

const rate = ({ images, seconds }: Reading): number => images / seconds;
const cost = ({ images, processorSeconds }: Reading): number => (1000 * processorSeconds) / images;

function summary(reading: Reading | undefined): string {
  if (reading === undefined) return 'none';
  return `${rate(reading).toFixed(0)} images a second, ${cost(reading).toFixed(2)} ms of processor each, ${reading.peakMb.toFixed(0)} MB`;
}

function table(ours: readonly Reading[], peer: readonly Reading[]): string {
  const row = (name: string, of: (reading: Reading) => number, digits: number): string => {
    const [a, b] = [middle(ours.map(of)), middle(peer.map(of))];
    const ratios = ours.flatMap((each, i) => (peer[i] ? [of(each) / of(peer[i])] : []));
    const spread = `[${Math.min(...ratios).toFixed(2)}, ${Math.max(...ratios).toFixed(2)}]`;
    return `| ${name} | ${a.toFixed(digits)} | ${b.toFixed(digits)} | ${(a / b).toFixed(2)} ${spread} |`;
  };
  return [
    '| | ours | PyTorch | ratio |',
    '| --- | --- | --- | --- |',
    row('images a second', rate, 0),
    row('processor time of an image, ms', cost, 2),
    row('peak memory, MB', ({ peakMb }) => peakMb, 0),
  ].join('\n');
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
