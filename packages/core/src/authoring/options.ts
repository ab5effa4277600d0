import { ConfigError, nearestName } from '../errors';
import { requireValue, type Check } from './checks';

/** One check for every option: the compiler refuses a table that forgets one. */
export type Checks<Options extends object> = Readonly<Record<keyof Options & string, Check>>;

/** @throws ConfigError for the first key that is not among `known`; it names the nearest. */
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
 * Checks a function's options by value: options come from config files and JavaScript too, where
 * no compiler looks. `undefined` counts as absent.
 *
 * @throws ConfigError for an unknown option, one that is missing though `required`, or a value
 *   that its check refuses.
 */
export function checkOptions<Options extends object>(
  where: string,
  options: Options,
  checks: Checks<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError('the options are no object', {
      where,
      expected: `{ ${Object.keys(checks).join(', ')} }`,
      got: given,
    });
  }
  requireKnownKeys(where, options, Object.keys(checks));
  for (const [name, check] of Object.entries<Check>(checks)) {
    const value = options[name as keyof Options];
    if (value !== undefined || required.includes(name as keyof Options & string)) {
      requireValue(where, name, value, check);
    }
  }
}

/**
 * A function's options, checked, with the defaults filled in (`undefined` counts as absent; 0 and
 * false are values).
 *
 * @param defaults or a function that gives them, where one option's default follows from another
 *   option: it gets the options once they are checked.
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
