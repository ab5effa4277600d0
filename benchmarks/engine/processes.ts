import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Row, Variant } from './rows';

/** What a process of either side prints. */
export interface Measurement {
  /** Milliseconds of each counted step, up to and with reading the loss. */
  readonly times: readonly number[];
  /** Of the first step and of the last. */
  readonly losses: readonly [number, number];
  /** Resident memory before the model is made, and the most the process ever held. */
  readonly startMb: number;
  readonly peakMb: number;
  /** CPU time of the cheapest step, all threads. */
  readonly cpuMs: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Counts {
  readonly threads: number;
  readonly steps: number;
  readonly warmup: number;
}

/** A process that failed: the last line it wrote to stderr is the message. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
}

const run = promisify(execFile);
const root = new URL('../', import.meta.url);
const path = (file: string): string => fileURLToPath(new URL(file, root));
const minutes = 60_000;

/** Our side of a row on `onnx` or another engine. @throws ProcessError */
export function measureOurs(row: Row, counts: Counts, engine = 'onnx'): Promise<Measurement> {
  return measure(process.execPath, [
    ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
    ...['engine/measure.ts', row.name, ...flags(counts), '--engine', engine],
  ]);
}

/** PyTorch's side of a row. @throws ProcessError */
export function measurePeer(
  row: Row,
  counts: Counts,
  python: string,
  variant: Variant,
): Promise<Measurement> {
  const [script = '', ...rest] = row.peer;
  return measure(python, [`peers/${script}`, ...rest, ...flags(counts), '--variant', variant]);
}

/** Whether an interpreter has PyTorch: undefined, or why it cannot be used. */
export async function whyNoPeer(python: string): Promise<string | undefined> {
  try {
    await start(python, ['-c', 'import torch, torchvision']);
    return undefined;
  } catch (error) {
    return error instanceof ProcessError ? error.message : String(error);
  }
}

const flags = ({ threads, steps, warmup }: Counts): string[] => [
  ...['--threads', String(threads), '--steps', String(steps), '--warmup', String(warmup)],
];

async function measure(command: string, args: readonly string[]): Promise<Measurement> {
  const output = await start(command, args);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measurement;
}

async function start(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  try {
    const { stdout } = await run(command, args, { cwd: path('.'), env, timeout: 10 * minutes });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const lines = (stderr ?? '').trim().split('\n');
    // Node and Python end with the error; Node with its version after it.
    const said = lines.filter((line) => /^\w*(Error|Exception)\b/.test(line)).at(-1);
    throw new ProcessError(said ?? message.split('\n')[0] ?? 'failed', { cause: error });
  }
}
