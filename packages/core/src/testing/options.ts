import { isCrossweaveError } from '../errors';
import { ConformanceError, registerChecks, type Check, type TestRunner } from './check';

export interface OptionsTestOptions {
  /** Options that every call needs; each tested option is added to them. Default none. */
  readonly required?: object;
  /** Options that accept any text (a name, a path). Default none. */
  readonly anyText?: readonly string[];
  /** Options that accept a list of any texts. Default none. */
  readonly anyTexts?: readonly string[];
  /**
   * Options that accept any plain data; only NaN and infinities are tried for them. Default none.
   */
  readonly anyValue?: readonly string[];
  /**
   * The options to try, for a factory that accepts any option name (path prefixes). Default: the
   * options that the ConfigError for an unknown option lists.
   */
  readonly known?: readonly string[];
}

/**
 * Values that no option accepts. Each stands for a common mistake: a misspelt choice, a NaN from a
 * failed computation, a value of a wrong type.
 */
const wrongValues: readonly unknown[] = [
  'no such choice',
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  null,
  ['no such choice'],
  { 'no such key': 1 },
];

/**
 * Registers the checks that a function refuses wrong options at run time: an unknown option, and
 * for each option an unknown choice, NaN, null, a wrong list and a wrong object. Each must give a
 * ConfigError that names the option.
 *
 * ```ts
 * for (const [name, create] of Object.entries(losses)) testOptions(name, create, { describe, it });
 * ```
 *
 * @param create calls the function with the given options. Its ConfigError for an unknown option
 *   must list the known options, as the error of `checkOptions` of `@crossweave/core/authoring`
 *   does; the checks read the options from that list.
 */
export function testOptions(
  name: string,
  create: (options: never) => unknown,
  runner: TestRunner,
  options: OptionsTestOptions = {},
): void {
  registerChecks(`options of ${name}`, optionsChecks(create, options), runner);
}

/** The same checks as data, for a runner of your own. */
export function optionsChecks(
  create: (options: never) => unknown,
  {
    required = {},
    anyText = [],
    anyTexts = [],
    anyValue = [],
    known: names,
  }: OptionsTestOptions = {},
): Check[] {
  const refusal = (extra: object): Promise<unknown> => refusalOf(create, { ...required, ...extra });
  const known = async (): Promise<readonly string[]> => names ?? knownOptions(create, required);
  const unknown: Check = {
    name: 'an unknown option is refused',
    run: async () => {
      await known();
    },
  };
  return [
    ...(names === undefined ? [unknown] : []),
    {
      name: 'wrong values are refused with the name of the option',
      run: async () => {
        for (const option of await known()) {
          for (const value of wrongValues) {
            if (anyTexts.includes(option) && Array.isArray(value)) continue;
            if (anyText.includes(option) && value === 'no such choice') continue;
            if (anyValue.includes(option) && typeof value !== 'number') continue;
            const error = await refusal({ [option]: value });
            if (isConfigError(error) && error.message.includes(option)) continue;
            throw new ConformanceError(`"${option}" accepts a wrong value`, {
              expected: `a ConfigError that names "${option}"`,
              got: `${String(error)} for ${typeof value} ${JSON.stringify(value)}`,
            });
          }
        }
      },
    },
  ];
}

/** The error of a call with these options; undefined if the options are accepted. */
export async function refusalOf(
  create: (options: never) => unknown,
  options: object,
): Promise<unknown> {
  try {
    await create(options as never);
  } catch (error) {
    return error;
  }
  return undefined;
}

/**
 * The names of a function's options, as its ConfigError for an unknown option lists them.
 *
 * @throws ConformanceError if an unknown option is accepted, or if the error does not list the names.
 */
export async function knownOptions(
  create: (options: never) => unknown,
  required: object,
): Promise<readonly string[]> {
  const error = await refusalOf(create, { ...required, 'no such option': 1 });
  if (!isConfigError(error) || !error.message.includes('no such option')) {
    throw new ConformanceError('an unknown option is not refused', {
      expected: 'a ConfigError that names it',
      got: String(error),
    });
  }
  const listed = /^one of (.*)$/.exec(String(error.expected))?.[1]?.split(', ') ?? [];
  if (listed.length > 0) return listed;
  throw new ConformanceError('the names of the options cannot be read from the error', {
    expected: 'a ConfigError whose `expected` is "one of a, b, c"',
    got: String(error.expected),
    advice: 'Refuse unknown options with checkOptions, or pass the names as `known`.',
  });
}

export function isConfigError(error: unknown): error is Error & { expected: unknown } {
  return isCrossweaveError(error) && error.code === 'config';
}
