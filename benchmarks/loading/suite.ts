import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const usage = `npm run bench -- loading [--rounds N]

Writes a checkpoint of BERT-base's size (438 MB, float32) to the temporary folder and reads it in
several ways, each in processes of its own that take turns (default 5 rounds): the smallest time,
the most memory held resident beyond that of the start, and both over the plain reading of the file.`;

/** What a process prints. */
export interface Reading {
  readonly seconds: number;
  /** Resident memory before reading, and the most the process ever held. */
  readonly startMb: number;
  readonly peakMb: number;
}

const ways = [
  'readFileSync',
  'loadSafetensors@cpu',
  'loadSafetensors@onnx',
  'loadCheckpoint@cpu',
  'loadCheckpoint@onnx',
  'init@cpu',
  'initialShapes@cpu',
  'initialShapes@onnx',
];

const cwd = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);

export async function loadingSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (values.help || !Number.isInteger(rounds) || rounds < 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-loading-'));
  try {
    const path = join(folder, 'model.safetensors');
    await measure('write', path);
    const fileMb = (await stat(path)).size / 2 ** 20;
    const readings = new Map<string, Reading[]>(ways.map((way) => [way, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [way, list] of readings) list.push(await measure(way, path));
    }
    console.log(table(readings, fileMb));
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(way: string, path: string): Promise<Reading> {
  const { stdout } = await run(
    process.execPath,
    [
      ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
      ...['loading/measure.ts', way, path],
    ],
    { cwd },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Reading;
}

function table(readings: ReadonlyMap<string, readonly Reading[]>, fileMb: number): string {
  const least = (list: readonly Reading[]): number => Math.min(...list.map((one) => one.seconds));
  const plain = least(readings.get('readFileSync') ?? []);
  const rows = [...readings].map(([way, list]) => {
    const seconds = least(list);
    const grown = Math.max(...list.map(({ startMb, peakMb }) => peakMb - startMb));
    return `| ${way} | ${seconds.toFixed(3)} s | ${(seconds / plain).toFixed(2)} | ${grown.toFixed(0)} MB | ${(grown / fileMb).toFixed(2)} |`;
  });
  return [
    `File: ${fileMb.toFixed(0)} MB, in the system's page cache.`,
    '',
    '| way | time | over readFileSync | peak beyond the start | over the file |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
