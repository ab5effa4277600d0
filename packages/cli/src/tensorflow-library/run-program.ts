import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { EngineError } from '@crossweave/core';
import { Interrupted } from '../interrupted';

export interface RunProgramOptions {
  /** What is being done, for the message when it fails: `building the binding`. */
  readonly doing: string;
  /** What to do when it fails. */
  readonly advice?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** How much of what a program said stands in the error when it fails. */
const linesInError = 12;
/** What node-gyp and make add below a compiler's message. */
const chatter = /^(gyp (info|verb|ERR!)|make: )/;

/**
 * Runs a program to its end and resolves with what it printed on stdout. It runs in a process
 * group of its own, so that aborting ends whatever it started too, and in the folder of Node: Python
 * (and others) would run a `pip.py` of the folder they are started in. Paths in `args` are absolute.
 *
 * @throws EngineError when it cannot be started or fails, with its last lines; Interrupted when
 *   the signal aborts.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { doing, advice, env = process.env, signal }: RunProgramOptions,
): Promise<string> {
  const child = spawn(program, args, {
    cwd: dirname(process.execPath),
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', both: '' };
  const collect = (stream: 'stdout' | 'stderr') => (text: string) => {
    if (stream === 'stdout') written.stdout += text;
    written.both += text;
  };
  child.stdout.setEncoding('utf8').on('data', collect('stdout'));
  child.stderr.setEncoding('utf8').on('data', collect('stderr'));
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    const outcome = await new Promise<string | undefined>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, killedBy) => {
        resolve(code === 0 ? undefined : (killedBy ?? `exit code ${code}`));
      });
    });
    if (signal.aborted) throw new Interrupted(`Stopped while ${doing}.`);
    if (outcome === undefined) return written.stdout;
    throw new EngineError(`${doing} failed`, {
      where: program,
      got: [outcome, ...lastLines(written.both)].join('\n  '),
      advice,
    });
  } catch (cause) {
    if (cause instanceof EngineError || cause instanceof Interrupted) throw cause;
    throw new EngineError(`${doing} failed: the program cannot be started`, {
      where: program,
      got: cause instanceof Error ? cause.message : String(cause),
      advice,
      cause,
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !chatter.test(line))
    .slice(-linesInError);
}
