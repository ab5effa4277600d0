type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** A part of a config without the keys that are undefined, as options have it. */
export function given<T extends object>(part: T): Given<T> {
  const entries = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>;
}
