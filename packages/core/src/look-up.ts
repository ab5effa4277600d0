import { ConfigError, nearestName } from './errors';

/**
 * The entry of a table by its name, as a config or a command line gives it.
 *
 * @throws ConfigError for an unknown name; it lists the names and suggests the nearest.
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
