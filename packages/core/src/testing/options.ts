import { isCrossweaveError } from '../errors';
import { ConformanceError, registerChecks, type Check, type TestRunner } from './check';

export interface OptionsTestOptions {
  /** Options that must be given; the other ones are tried beside them. Default none. */
  readonly required?: object;
  /** Options that take any text (a name, a path), for which text is no wrong value. Default none. */
  readonly anyText?: readonly string[];
  /** Options that take a list of any texts. Default none. */
  readonly anyTexts?: readonly string[];
  /** Options that take any plain data, of which only NaN and the infinities are tried. Default none. */
  readonly anyValue?: readonly string[];
  /**
   * The options to try, for a factory that takes any name (path prefixes), so that none is unknown.
   * Default: those that the ConfigError for an unknown one lists.
   */
  readonly known?: readonly string[];
}

/** Values that no option takes. Each stands for a slip: a misspelt choice, a failed sum, a wrong form. */
const wrongValues: readonly unknown[] = [
  'no such choice',
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  null,
  ['no such choice'],
  { 'no such key': 1 },
];

/**
 * Registers the checks that a factory refuses wrong options by value, whatever the compiler was told:
 * an unknown name, and for each of its options a choice that does not exist, NaN, null, a list
 * and an object of other things. Each must be a ConfigError that names the option.
 *
 * ```ts
 * for (const [name, create] of Object.entries(losses)) testOptions(name, create, { describe, it });
 * ```
 *
 * @param create makes the part from options. It lists the options there are when it refuses one that
 *   is not there, as `checkOptions` of `@crossweave/core/authoring` does; they are read from that.
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
  const refusal = async (extra: object): Promise<unknown> => {
    try {
      await create({ ...required, ...extra } as never);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const known = async (): Promise<readonly string[]> => {
    if (names !== undefined) return names;
    const error = await refusal({ 'no such option': 1 });
    if (!isConfigError(error) || !error.message.includes('no such option')) {
      throw new ConformanceError('an unknown option is not refused', {
        expected: 'a ConfigError that names it',
        got: String(error),
      });
    }
    const listed = /^one of (.*)$/.exec(String(error.expected))?.[1]?.split(', ') ?? [];
    if (listed.length > 0) return listed;
    throw new ConformanceError('the options there are cannot be read', {
      expected: 'a ConfigError whose `expected` is "one of a, b, c"',
      got: String(error.expected),
      advice: 'Refuse unknown options by checkOptions, or pass their names as `known`.',
    });
  };
  const unknown: Check = {
    name: 'an unknown option is refused',
    run: async () => {
      await known();
    },
  };
  return [
    ...(names === undefined ? [unknown] : []),
    {
      name: 'wrong values are refused, by the name of the option',
      run: async () => {
        for (const option of await known()) {
          for (const value of wrongValues) {
            if (anyTexts.includes(option) && Array.isArray(value)) continue;
            if (anyText.includes(option) && value === 'no such choice') continue;
            if (anyValue.includes(option) && typeof value !== 'number') continue;
            const error = await refusal({ [option]: value });
            if (isConfigError(error) && error.message.includes(option)) continue;
            throw new ConformanceError(`"${option}" takes a wrong value`, {
              expected: `a ConfigError that names "${option}"`,
              got: `${String(error)} for ${typeof value} ${JSON.stringify(value)}`,
            });
          }
        }
      },
    },
  ];
}

function isConfigError(error: unknown): error is Error & { expected: unknown } {
  return isCrossweaveError(error) && error.code === 'config';
}
