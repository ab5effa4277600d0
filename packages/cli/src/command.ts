import { parseArgs } from 'node:util';
import { ConfigError, nearestName } from '@crossweave/core';
import type { Terminal } from './terminal';

/** One flag of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help text: `N`, `FILE`. */
  readonly value?: string;
  readonly summary: string;
  readonly default?: string;
  /** May be given several times. */
  readonly multiple?: true;
}

export type OptionValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

/** What a command may use of the process it runs in. */
export interface Session {
  readonly terminal: Terminal;
  /** Aborts on the first Ctrl-C: save what is good and return. */
  readonly signal: AbortSignal;
}

/** One command of the command line: one file, one object, listed in `commands/index.ts`. */
export interface Command {
  /** The words that call it: `data make`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as shown in the usage line: `scenes`. */
  readonly positionals?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly example: string;
  /** Resolves with what `--json` prints; throws typed errors. */
  run(values: OptionValues, positionals: readonly string[], session: Session): Promise<unknown>;
}

/** Thrown by a command that stopped at the user's wish after saving its state. */
export class Interrupted extends Error {}

/** Thrown by a command whose result is that something does not work; the result is printed too. */
export class Failed extends Error {
  constructor(
    message: string,
    /** What `--json` prints. */
    readonly document: unknown,
  ) {
    super(message);
  }
}

const common: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', summary: 'print one JSON document on stdout, progress on stderr' },
  help: { type: 'boolean', summary: 'print this help' },
};

/** @throws ConfigError on an unknown flag (naming the nearest) or a flag without its value. */
export function parseOptions(
  command: Command,
  args: readonly string[],
): { values: OptionValues; positionals: string[] } {
  const options = { ...common, ...command.options };
  for (const argument of args) {
    const flag = /^--(?:no-)?([^=]+)/.exec(argument)?.[1];
    if (flag !== undefined && !(flag in options)) {
      const nearest = nearestName(flag, Object.keys(options));
      throw new ConfigError(`there is no option --${flag}`, {
        where: `crossweave ${command.name}`,
        advice:
          nearest === undefined
            ? `See crossweave ${command.name} --help.`
            : `Did you mean --${nearest}?`,
      });
    }
  }
  try {
    const parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, multiple = false }]) => [
          name,
          { type, multiple },
        ]),
      ),
      allowPositionals: true,
      strict: true,
    });
    const defaults = Object.fromEntries(
      Object.entries(options).flatMap(([name, spec]) =>
        spec.default === undefined ? [] : [[name, spec.default]],
      ),
    );
    return { values: { ...defaults, ...parsed.values }, positionals: parsed.positionals };
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), {
      where: `crossweave ${command.name}`,
      cause: error,
    });
  }
}

/** A whole number given by a flag. @throws ConfigError when it is none or too small. */
export function wholeNumber(values: OptionValues, name: string, minimum = 0): number {
  const given = values[name];
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new ConfigError(`--${name} must be a whole number`, {
      expected: `at least ${minimum}`,
      got: String(given),
    });
  }
  return value;
}

/** A flag's text, or undefined when it was not given. */
export function text(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** Every value of a flag that may be given several times. */
export function texts(values: OptionValues, name: string): string[] {
  const given = values[name];
  return Array.isArray(given) ? given.map(String) : [];
}

/** A flag that must be there. */
export function requiredText(command: Command, values: OptionValues, name: string): string {
  const value = text(values, name);
  if (value === undefined) {
    throw new ConfigError(`--${name} is missing`, {
      where: `crossweave ${command.name}`,
      advice: `For example: ${command.example}`,
    });
  }
  return value;
}

export function helpOf(command: Command): string {
  const lines = Object.entries({ ...command.options, ...common }).map(([name, spec]) => {
    const flag = spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`;
    const suffix = spec.default === undefined ? '' : ` (default ${spec.default})`;
    return `  ${flag.padEnd(22)} ${spec.summary}${suffix}`;
  });
  const positionals = command.positionals === undefined ? '' : ` ${command.positionals}`;
  return [
    `crossweave ${command.name}${positionals} [options]`,
    '',
    command.summary,
    '',
    ...lines,
    '',
    `Example: ${command.example}`,
    '',
  ].join('\n');
}
