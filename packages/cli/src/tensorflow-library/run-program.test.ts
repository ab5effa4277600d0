import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EngineError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { Interrupted } from '../interrupted';
import { runProgram } from './run-program';

const never = new AbortController().signal;
const node = (script: string) => ['--eval', script];

describe('runProgram', () => {
  it('resolves with what the program printed', async () => {
    const script = 'console.log(process.env.WORD); console.error("aside")';
    const env = { ...process.env, WORD: 'yes' };
    const options = { doing: 'asking', env, signal: never };
    expect(await runProgram(process.execPath, node(script), options)).toBe('yes\n');
  });

  it('does not run in the working folder, whose modules Python would take for its own', async () => {
    const options = { doing: 'asking', signal: never };
    const cwd = await runProgram(
      process.execPath,
      node('process.stdout.write(process.cwd())'),
      options,
    );
    expect(cwd).not.toBe(process.cwd());
    expect(cwd).toBe(await realpath(dirname(process.execPath)));
  });

  it('tells what failed, how, its last lines and the advice', async () => {
    const script = 'for (let i = 0; i < 40; i++) console.error(`line ${i}`); process.exit(3)';
    const options = { doing: 'counting', advice: 'Count less.', signal: never };
    const failure = runProgram(process.execPath, node(script), options);
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toThrow(/counting failed; got exit code 3\n {2}line 28\n/);
    await expect(failure).rejects.toThrow(/line 39\. Count less\.$/);
  });

  it('tells a program that is not there', async () => {
    const failure = runProgram('no-such-program', [], { doing: 'looking for it', signal: never });
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toThrow(
      /looking for it failed: the program cannot be started.*ENOENT/,
    );
  });

  it('ends the program and what it started when interrupted', async () => {
    const interruption = new AbortController();
    // The child holds the pipe open: the promise settles only once both are gone.
    const script =
      'require("child_process").spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"],' +
      '{ stdio: "inherit" }); setInterval(() => {}, 1000)';
    const running = runProgram(process.execPath, node(script), {
      doing: 'waiting',
      signal: interruption.signal,
    });
    setTimeout(() => {
      interruption.abort();
    }, 300);
    await expect(running).rejects.toThrow(Interrupted);
    const late = runProgram(process.execPath, node(''), {
      doing: 'starting',
      signal: interruption.signal,
    });
    await expect(late).rejects.toThrow(Interrupted);
  });
});
