import { ConfigError, nearestName } from '@crossweave/core';
import type { Command } from './command';
import { groupHelp, helpOf, overview } from './help';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly rest: readonly string[] }
  /** Text to print; `asked`: by a word or flag, and not because a command is missing. */
  | { readonly kind: 'text'; readonly text: string; readonly asked: boolean };

const helpFlags = ['--help', '-h'];
const versionFlags = ['--version', '-V'];

/** @throws ConfigError for a command that does not exist; it names the nearest. */
export function findCommand(
  args: readonly string[],
  commands: readonly Command[],
  version: () => string,
): Request {
  const [first = '--help'] = args;
  if (versionFlags.includes(first)) return { kind: 'text', text: `${version()}\n`, asked: true };
  if (first === 'help') return explain(args.slice(1), commands);
  const wantsHelp = args.some((argument) => helpFlags.includes(argument));
  if (helpFlags.includes(first) || first.startsWith('-')) {
    return { kind: 'text', text: overview(commands), asked: wantsHelp || args.length === 0 };
  }
  for (const command of commands) {
    const words = command.name.split(' ');
    if (!words.every((word, i) => args[i] === word)) continue;
    const rest = args.slice(words.length);
    if (wantsHelp) return { kind: 'text', text: helpOf(command), asked: true };
    return { kind: 'run', command, rest };
  }
  const group = groupOf(first, commands);
  const second = args[1];
  if (group.length > 0 && (second === undefined || second.startsWith('-'))) {
    return { kind: 'text', text: groupHelp(first, group), asked: wantsHelp };
  }
  return unknownCommand(args, commands);
}

/** `crossweave help`, `help data`, `help data make`. */
function explain(words: readonly string[], commands: readonly Command[]): Request {
  const asked = words.filter((word) => !word.startsWith('-'));
  const name = asked.join(' ');
  if (name === '') return { kind: 'text', text: overview(commands), asked: true };
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return { kind: 'text', text: helpOf(command), asked: true };
  const group = groupOf(name, commands);
  if (group.length > 0) return { kind: 'text', text: groupHelp(name, group), asked: true };
  return unknownCommand(asked, commands);
}

function groupOf(word: string, commands: readonly Command[]): Command[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

function unknownCommand(args: readonly string[], commands: readonly Command[]): never {
  const given = args.filter((argument) => !argument.startsWith('-')).slice(0, 2);
  const names = commands.map(({ name }) => name);
  const nearest = nearestName(given.join(' '), names) ?? nearestName(given[0] ?? '', names);
  throw new ConfigError(`there is no command "${given.join(' ')}"`, {
    where: 'crossweave',
    advice:
      nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${nearest}"?`,
  });
}
