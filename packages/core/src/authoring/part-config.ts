import type { Configured, PartConfig, PlainValue } from '../contracts/part-config';

/**
 * Adds `config` to a part: the name of its factory and its settings as plain data. A setting that is
 * a part is replaced by its own config. If a setting is neither plain data nor a part with a config (a
 * function of the caller's, a tensor), the part gets no config. The property is not enumerable: a
 * spread copy of the part, which may compute something else, does not have it.
 *
 * @param name name of the factory: `coAttention`.
 * @param settings every option that has an effect, defaults filled in. `undefined` counts as absent.
 */
export function withConfig<Part extends Configured | object>(
  name: string,
  settings: object,
  part: Part,
): Part & Configured {
  const plain = plainValue({ ...settings });
  if (plain === undefined) return part;
  const config = { part: name, settings: plain as PartConfig['settings'] };
  return Object.defineProperty(part, 'config', { value: config, configurable: true });
}

/** The value as plain data; undefined if it has a part that is not plain. */
export function plainValue(value: unknown): PlainValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' && typeof value !== 'function') return undefined;
  const { config } = value as Configured;
  if (config !== undefined) return { part: config.part, settings: config.settings };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return plainValue(Array.from(value as unknown as ArrayLike<number>));
  }
  if (Array.isArray(value)) {
    const entries = value.map(plainValue);
    return entries.includes(undefined) ? undefined : (entries as PlainValue[]);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const given = Object.entries(value).filter(([, entry]) => entry !== undefined);
  const entries = given.map(([name, entry]) => [name, plainValue(entry)] as const);
  return entries.some(([, entry]) => entry === undefined)
    ? undefined
    : (Object.fromEntries(entries) as Record<string, PlainValue>);
}
