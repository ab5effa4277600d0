import { ConfigError, nearestName } from './errors';

/**
 * A factory's options with the defaults filled in (`undefined` counts as absent; 0 and false
 * are values). Options come from config files too, so a key the defaults lack is an error.
 *
 * @throws ConfigError that names the nearest known option.
 */
export function withDefaults<Options extends object>(
  where: string,
  options: Options,
  defaults: Required<Options>,
): Required<Options> {
  const known = Object.keys(defaults);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (!known.includes(name)) {
      const nearest = nearestName(name, known);
      throw new ConfigError(`there is no option "${name}"`, {
        where,
        expected: `one of ${known.join(', ')}`,
        ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
      });
    }
  }
  return { ...defaults, ...Object.fromEntries(given) };
}

/** @throws ConfigError unless `value` is a whole number in [`minimum`, 2^31). */
export function requireInteger(where: string, name: string, value: number, minimum = 1): void {
  if (!Number.isInteger(value) || value < minimum || value >= 2 ** 31) {
    throw new ConfigError(`"${name}" is out of range`, {
      where,
      expected: `a whole number of at least ${minimum}`,
      got: value,
    });
  }
}

/** @throws ConfigError unless `low` <= `value` <= `high` (NaN never passes). */
export function requireRange(
  where: string,
  name: string,
  value: number,
  low: number,
  high: number,
): void {
  if (!(value >= low && value <= high)) {
    throw new ConfigError(`"${name}" is out of range`, {
      where,
      expected: `a number in [${low}, ${high}]`,
      got: value,
    });
  }
}

/**
 * The entry of a table of factories by name: how command lines and configs choose a strategy.
 *
 * @throws ConfigError that lists the names and the nearest one.
 */
export function lookUp<Entry>(
  where: string,
  table: Readonly<Record<string, Entry>>,
  name: string,
): Entry {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) {
    const nearest = nearestName(name, Object.keys(table));
    throw new ConfigError(`there is no "${name}"`, {
      where,
      expected: `one of ${Object.keys(table).join(', ')}`,
      ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
    });
  }
  return found;
}
