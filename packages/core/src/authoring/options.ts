import { ConfigError, nearestName } from '../errors';
import { isPlainObject, requireValue, type Check } from './checks';

/** One check for each option. The compiler refuses a table that lacks an option. */
export type Checks<Options extends object> = Readonly<Record<keyof Options & string, Check>>;

/**
 * @throws ConfigError for the first key that is not in `known`; it suggests the nearest known key.
 */
export function requireKnownKeys(where: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new ConfigError(`there is no option "${name}"`, {
      where,
      expected: `one of ${known.join(', ')}`,
      ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
    });
  }
}

/**
 * @throws ConfigError unless the options are a plain object. What a Map holds or an object inherits
 *   would be passed over without a word.
 */
export function requireObject(
  where: string,
  options: unknown,
  expected = 'an object of options',
): asserts options is object {
  if (!isPlainObject(options)) {
    throw new ConfigError('the options are no object', { where, expected, got: options });
  }
}

/**
 * Checks the options of a function at run time, since options may come from config files or
 * JavaScript, which no compiler checks. `undefined` counts as absent.
 *
 * @throws ConfigError for an unknown option, for a missing `required` option, and for a value that
 *   its check refuses.
 */
export function checkOptions<Options extends object>(
  where: string,
  options: Options,
  checks: Checks<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  requireObject(where, options, `{ ${Object.keys(checks).join(', ')} }`);
  requireKnownKeys(where, options, Object.keys(checks));
  for (const [name, check] of Object.entries<Check>(checks)) {
    const value = options[name as keyof Options];
    if (value !== undefined || required.includes(name as keyof Options & string)) {
      requireValue(where, name, value, check);
    }
  }
}

/**
 * Checks the options of a function and fills in the defaults. `undefined` counts as absent; 0 and
 * false are values.
 *
 * @param defaults the defaults, or a function of the checked options that gives them (for a default
 *   that depends on a different option).
 * @throws ConfigError as {@link checkOptions}.
 */
export function readOptions<Options extends object>(
  where: string,
  options: Options,
  defaults: Required<Options> | ((given: Options) => Required<Options>),
  checks: Checks<Options>,
): Required<Options> {
  checkOptions(where, options, checks);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const filled = typeof defaults === 'function' ? defaults(options) : defaults;
  return { ...filled, ...Object.fromEntries(given) };
}
