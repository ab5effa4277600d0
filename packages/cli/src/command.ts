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
  /** Aborts on Ctrl-C, SIGTERM, SIGHUP and a closed pipe: save what is good and return. */
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
  /** Names for the help text, under a title each: the presets, the fusions. */
  readonly sections?: () => Readonly<Record<string, readonly string[]>>;
  /** Resolves with what `--json` prints; throws typed errors. */
  run(values: OptionValues, positionals: readonly string[], session: Session): Promise<unknown>;
}

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

/** The flags of every command. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', summary: 'print one JSON document on stdout, progress on stderr' },
  help: { type: 'boolean', summary: 'print this help' },
};

/**
 * @throws ConfigError on an unknown flag (naming the nearest), a flag without its value or given
 *   twice, or an argument that the command has no place for.
 */
export function parseOptions(
  command: Command,
  args: readonly string[],
): { values: OptionValues; positionals: string[] } {
  const where = `crossweave ${command.name}`;
  const options = { ...commonOptions, ...command.options };
  const config = {
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, multiple = false }]) => [
        name,
        { type, multiple },
      ]),
    ),
    allowPositionals: true,
  };
  const seen = new Set<string>();
  for (const token of parseArgs({ ...config, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (spec === undefined) throw unknownFlag(where, token.name, Object.keys(options));
    if (seen.has(token.name) && spec.multiple !== true) {
      throw new ConfigError(`--${token.name} is given twice`, { where, expected: 'one value' });
    }
    seen.add(token.name);
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ ...config, strict: true });
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), {
      where,
      cause: error,
    });
  }
  if (command.positionals === undefined && parsed.positionals.length > 0) {
    throw new ConfigError('there is an argument too many', {
      where,
      expected: 'flags alone',
      got: parsed.positionals.join(' '),
      advice: `See crossweave help ${command.name}.`,
    });
  }
  const defaults = Object.fromEntries(
    Object.entries(options).flatMap(([name, spec]) =>
      spec.default === undefined ? [] : [[name, spec.default]],
    ),
  );
  return { values: { ...defaults, ...parsed.values }, positionals: parsed.positionals };
}

function unknownFlag(where: string, name: string, known: readonly string[]): ConfigError {
  const nearest = nearestName(name, known);
  return new ConfigError(`there is no option --${name}`, {
    where,
    advice: nearest === undefined ? `See ${where} --help.` : `Did you mean --${nearest}?`,
  });
}

/** A whole number given by a flag. @throws ConfigError when it is none or out of range. */
export function wholeNumber(
  values: OptionValues,
  name: string,
  minimum = 0,
  maximum = Number.MAX_SAFE_INTEGER,
): number {
  const given = values[name];
  const value = typeof given === 'string' && /^\d+$/.test(given.trim()) ? Number(given) : NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new ConfigError(`--${name} must be a whole number`, {
    expected:
      maximum === Number.MAX_SAFE_INTEGER ? `at least ${minimum}` : `from ${minimum} to ${maximum}`,
    got: String(given),
  });
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
