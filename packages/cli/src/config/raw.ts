/** A config that is not checked yet. */
export type Raw = Readonly<Record<string, unknown>>;

/** An object of such a config; what is none has no keys. */
export function rawOf(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}
