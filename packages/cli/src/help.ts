import { commonOptions, type Command, type OptionSpec } from './command';

const width = 80;

/** The list of all commands. */
export function overview(commands: readonly Command[]): string {
  return [
    'crossweave <command> [options]',
    '',
    ...listOf(commands),
    '',
    'crossweave help <command> explains one; crossweave --version says which version this is.',
    '',
  ].join('\n');
}

/** The commands that begin with the same word: those of `crossweave data`. */
export function groupHelp(word: string, commands: readonly Command[]): string {
  return [
    `crossweave ${word} <command> [options]`,
    '',
    ...listOf(commands),
    '',
    `crossweave help ${commands[0]?.name ?? word} explains the first.`,
    '',
  ].join('\n');
}

/** Usage, flags with their defaults, the names that its options take, an example. */
export function helpOf(command: Command): string {
  const positionals = command.positionals === undefined ? '' : ` ${command.positionals}`;
  const sections = command.sections?.() ?? {};
  return [
    `crossweave ${command.name}${positionals} [options]`,
    '',
    command.summary,
    '',
    ...Object.entries({ ...command.options, ...commonOptions }).map(describeFlag),
    '',
    ...Object.entries(sections).flatMap(([title, names]) => [`${title}:`, ...wrapped(names), '']),
    `Example: ${command.example}`,
    '',
  ].join('\n');
}

function listOf(commands: readonly Command[]): string[] {
  return commands.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`);
}

function describeFlag([name, spec]: [string, OptionSpec]): string {
  const flag = spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`;
  const suffix = spec.default === undefined ? '' : ` (default ${spec.default})`;
  return `  ${flag.padEnd(22)} ${spec.summary}${suffix}`;
}

/** Names in lines of at most 80 characters. */
function wrapped(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [i, name] of names.entries()) {
    const text = i === names.length - 1 ? name : `${name},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= width) {
      lines[lines.length - 1] = `${last} ${text}`;
    } else {
      lines.push(`  ${text}`);
    }
  }
  return lines;
}
