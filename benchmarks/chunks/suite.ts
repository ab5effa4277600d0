import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Reading } from './measure';

const usage = `npm run bench -- chunks [--batch B] [--rounds N]

Trains two small transformers by a contrast: batches of 32 in one piece, and batches of B (default
1024) in chunks of 32, each in processes of its own that take turns (default 2 rounds). Shows the
most memory held resident, processor time of a pair, and both as ratios. Fails above 1.3 of the memory.`;

const chunk = 32;
const limit = 1.3;
const cwd = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);

export async function chunksSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      batch: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  const [batch, rounds] = [Number(values.batch), Number(values.rounds)];
  if (values.help || ![batch, rounds].every((each) => Number.isInteger(each) && each > 0)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const [plain, chunked]: [Reading[], Reading[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    plain.push(await measure(chunk, 0));
    chunked.push(await measure(batch, chunk));
  }
  const least = (list: readonly Reading[], of: (reading: Reading) => number): number =>
    Math.min(...list.map(of));
  const memory = (list: readonly Reading[]): number => least(list, ({ peakMb }) => peakMb);
  const time = (list: readonly Reading[], pairs: number): number =>
    least(list, ({ processorMs }) => processorMs / pairs);
  const [ours, whole] = [time(chunked, batch), time(plain, chunk)];
  const ratio = memory(chunked) / memory(plain);
  console.log(`batches of ${chunk}: ${memory(plain)} MB, ${whole.toFixed(2)} ms a pair`);
  console.log(`batches of ${batch} in chunks: ${memory(chunked)} MB, ${ours.toFixed(2)} ms a pair`);
  console.log(`memory ${ratio.toFixed(2)}, processor time ${(ours / whole).toFixed(2)}`);
  return ratio <= limit ? 0 : 1;
}

async function measure(batch: number, chunkSize: number): Promise<Reading> {
  const { stdout } = await run(
    process.execPath,
    [
      ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
      ...['chunks/measure.ts', String(batch), String(chunkSize), 'auto', '3'],
    ],
    { cwd },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Reading;
}
