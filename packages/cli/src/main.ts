import { ConfigError, isCrossweaveError } from '@crossweave/core';
import { commands } from './commands/index';
import { Failed, parseOptions } from './command';
import { Interrupted } from './interrupted';
import { messageInFlags } from './config/data-flags';
import { findCommand } from './find-command';
import { foreseen } from './foreseen';
import { Interruption, type SignalSource } from './interruption';
import { Terminal, type Streams } from './terminal';
import { versionOf } from './version';

/** Exit codes of the command line, besides those of a signal: 130, 143, 129; 141 for a closed pipe. */
export const exitCode = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What `main` needs of a process; Node's own is one. */
export type Host = Streams & SignalSource;

/** Runs one command line and resolves with its exit code; never throws. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const closed = (): void => {
    interruption.pipeClosed();
  };
  using terminal = new Terminal(host, { json: args.includes('--json'), closed });
  using interruption = new Interruption(host, (text) => {
    terminal.note(text);
  });
  try {
    const request = findCommand(args, commands, versionOf);
    if (request.kind === 'text') {
      terminal.print(request.text);
      return request.asked ? exitCode.done : exitCode.usage;
    }
    const { command, rest } = request;
    const { values, positionals } = parseOptions(command, rest);
    const session = { terminal, signal: interruption.signal };
    terminal.document(await command.run(values, positionals, session));
    // A command that ended before it noticed: whoever runs several must still stop here.
    return interruption.code ?? exitCode.done;
  } catch (error) {
    // Where someone asked to stop, what fails on the way out is not the news.
    const asked = interruption.code;
    if (error instanceof Interrupted || (asked !== undefined && isAbort(error))) {
      const message = error instanceof Interrupted ? error.message : 'Stopped.';
      terminal.note(message);
      terminal.document({ interrupted: message });
      return asked ?? exitCode.interrupted;
    }
    if (error instanceof Failed) {
      terminal.note(error.message);
      terminal.document(error.document);
      return exitCode.failed;
    }
    const told = foreseen(error);
    terminal.note(explain(told));
    terminal.document({ error: serialise(told) });
    return told instanceof ConfigError || codeOf(told) === 'config'
      ? exitCode.usage
      : exitCode.failed;
  }
}

function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

function explain(error: unknown): string {
  if (isCrossweaveError(error)) return `${error.name}: ${messageInFlags(error)}`;
  // An error nobody foresaw: the stack is what a report needs.
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `An error that crossweave did not foresee; please report it with these lines.\n${stack}`;
}

function codeOf(error: unknown): string {
  return isCrossweaveError(error) ? error.code : 'unexpected';
}

function serialise(error: unknown): object {
  const message = error instanceof Error ? messageInFlags(error) : String(error);
  return { code: codeOf(error), message };
}
