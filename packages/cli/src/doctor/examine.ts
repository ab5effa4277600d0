import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EngineError } from '@crossweave/core';
import {
  describeEngines,
  useEngine,
  type EngineReport,
  type EngineSpeed,
} from '@crossweave/core/engine';
import { describeInstructions, engineSpeeds, processorHere } from '@crossweave/core/node';
import { describeParts, type PartReport } from './parts';

/** What `doctor` finds; `--json` prints it. */
export interface Examination {
  readonly machine: {
    readonly node: string;
    readonly platform: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    /** What the processor has for bf16 and int8, in words. */
    readonly instructions: string;
  };
  readonly engines: readonly EngineReport[];
  /** The engine that `auto` takes here; null when none works. */
  readonly auto: string | null;
  /** What was measured here; empty while other programs use the processor. */
  readonly speeds: readonly EngineSpeed[];
  readonly parts: readonly PartReport[];
}

/** Without what training does not work here; empty when all is well. */
export function lacking({ auto, parts }: Pick<Examination, 'auto' | 'parts'>): string[] {
  const broken = parts.filter(({ usable, optional }) => !usable && !optional);
  return [...(auto === null ? ['an engine'] : []), ...broken.map(({ name }) => name)];
}

/** Tries every engine and part in this process. Native libraries may print to stderr. */
export async function examine(): Promise<Examination> {
  const engines = await describeEngines();
  const speeds = await engineSpeeds();
  return {
    machine: {
      node: process.version,
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      instructions: describeInstructions(processorHere()),
    },
    engines,
    auto: await autoHere(speeds),
    speeds,
    parts: await describeParts(),
  };
}

async function autoHere(speeds: readonly EngineSpeed[]): Promise<string | null> {
  try {
    return (await useEngine('auto', { speeds })).name;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

/** The built command line; it is not there when the program runs from source. */
const program = fileURLToPath(new URL('./bin.js', import.meta.url));

/**
 * The same in a process of its own, whose stderr is thrown away: what is missing is said in the
 * result, and a library that kills its process kills that one.
 *
 * @throws EngineError when that process gives no result
 */
export async function examineApart(signal: AbortSignal): Promise<Examination> {
  if (!existsSync(program)) return examine();
  const child = spawn(
    process.execPath,
    [...process.execArgv, program, 'doctor', '--verbose', '--json'],
    { stdio: ['ignore', 'pipe', 'ignore'], signal },
  );
  const written: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => written.push(chunk));
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, by) => resolve(by === null ? `exit code ${code}` : `signal ${by}`));
  });
  try {
    return JSON.parse(Buffer.concat(written).toString()) as Examination;
  } catch (cause) {
    throw new EngineError('the examination ended before it was done', {
      where: 'crossweave doctor',
      got: ended,
      advice: 'crossweave doctor --verbose shows what native libraries print.',
      cause,
    });
  }
}
