import { ConfigError, isCrossweaveError, nearestName } from '@crossweave/core';
import { Failed, helpOf, Interrupted, parseOptions, type Command } from './command';
import { commands } from './commands/index';
import { Terminal, type Streams } from './terminal';

/** Exit codes of the command line. */
export const exitCode = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What `main` needs of a process; Node's own is one. */
export interface Host extends Streams {
  on(event: 'SIGINT', listener: () => void): unknown;
  removeListener(event: 'SIGINT', listener: () => void): unknown;
}

/** Runs one command line and resolves with its exit code; never throws. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const terminal = new Terminal(host, args.includes('--json'));
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(exitCode.interrupted);
    terminal.note(
      '\nStopping after this step; the state will be saved. Ctrl-C again stops at once.',
    );
    interruption.abort();
  };
  host.on('SIGINT', interrupt);
  try {
    const found = findCommand(args);
    if (found === undefined) {
      host.stdout.write(overview());
      return args.length === 0 || args.includes('--help') ? exitCode.done : exitCode.usage;
    }
    const [command, rest] = found;
    if (rest.includes('--help')) {
      host.stdout.write(helpOf(command));
      return exitCode.done;
    }
    const { values, positionals } = parseOptions(command, rest);
    const session = { terminal, signal: interruption.signal };
    terminal.document(await command.run(values, positionals, session));
    // A command that ended before it noticed: whoever runs several must still stop here.
    return interruption.signal.aborted ? exitCode.interrupted : exitCode.done;
  } catch (error) {
    if (error instanceof Interrupted) {
      terminal.note(error.message);
      return exitCode.interrupted;
    }
    if (error instanceof Failed) {
      terminal.note(error.message);
      terminal.document(error.document);
      return exitCode.failed;
    }
    terminal.note(explain(error));
    terminal.document({ error: serialise(error) });
    return error instanceof ConfigError || codeOf(error) === 'config'
      ? exitCode.usage
      : exitCode.failed;
  } finally {
    host.removeListener('SIGINT', interrupt);
  }
}

/** The command whose words begin `args`, and what follows them. */
function findCommand(args: readonly string[]): [Command, string[]] | undefined {
  if (args.length === 0 || args[0]?.startsWith('-') === true) return undefined;
  for (const command of commands) {
    const words = command.name.split(' ');
    if (words.every((word, i) => args[i] === word)) return [command, args.slice(words.length)];
  }
  const given = args.filter((argument) => !argument.startsWith('-')).slice(0, 2);
  const names = commands.map(({ name }) => name);
  const nearest = nearestName(given.join(' '), names) ?? nearestName(given[0] ?? '', names);
  throw new ConfigError(`there is no command "${given.join(' ')}"`, {
    where: 'crossweave',
    advice:
      nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${nearest}"?`,
  });
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`);
  return `crossweave <command> [options]\n\n${lines.join('\n')}\n\nEvery command explains itself with --help.\n`;
}

function explain(error: unknown): string {
  if (isCrossweaveError(error)) return `${error.name}: ${error.message}`;
  // An error nobody foresaw: the stack is what a report needs.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function codeOf(error: unknown): string {
  return isCrossweaveError(error) ? error.code : 'unexpected';
}

function serialise(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  return { code: codeOf(error), message };
}
