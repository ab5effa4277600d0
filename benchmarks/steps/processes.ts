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
  /** Share of the middle step that is spent outside of ONNX Runtime; of our side on `onnx` alone. */
  readonly javascript?: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Counts {
  readonly threads: number;
  readonly steps: number;
  readonly warmup: number;
}

/** A process that failed, with the error it named as the message. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
}

const run = promisify(execFile);
const cwd = fileURLToPath(new URL('../', import.meta.url));
/** Milliseconds a process may take. */
const timeout = 10 * 60_000;

/** Our side of a row on `onnx` or another engine. @throws ProcessError */
export function measureOurs(
  row: Row,
  counts: Counts,
  engine = 'onnx',
  precision: 'float32' | 'bf16' = 'float32',
): Promise<Measurement> {
  return measure(process.execPath, [
    ...['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'],
    ...['steps/measure.ts', row.name, ...flags(counts)],
    ...['--engine', engine, '--precision', precision],
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
    if (error instanceof ProcessError) return error.message;
    throw error;
  }
}

const flags = ({ threads, steps, warmup }: Counts): string[] => [
  ...['--threads', String(threads), '--steps', String(steps), '--warmup', String(warmup)],
];

async function measure(command: string, args: readonly string[]): Promise<Measurement> {
  const output = await start(command, args);
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measurement;
  } catch (cause) {
    throw new ProcessError(`printed no JSON but "${output.slice(-200)}"`, { cause });
  }
}

/** Standard output of a process that ends well. An interrupt ends the process and is an AbortError. */
async function start(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return (await run(command, args, { cwd, env, timeout, signal })).stdout;
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ProcessError(reason(cause as Failure), { cause });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

type Failure = Error & { readonly stderr?: string; readonly killed?: boolean };

/** The line of stderr that names the error: Python's is the last, Node writes more after it. */
function reason({ stderr = '', message, killed = false }: Failure): string {
  if (killed) return `took longer than ${timeout / 60_000} minutes`;
  const named = stderr.split('\n').filter((line) => /^\w*(Error|Exception)\b/.test(line));
  return named.at(-1) ?? message.split('\n')[0]!;
}
