/**
 * The first key that an object of a JSON text has twice, after the keys under which that object
 * stands; undefined where there is none. `JSON.parse` keeps the last one and says nothing.
 *
 * A text whose value has as many keys as it writes is not looked at closer: almost every text.
 *
 * @param json text that `JSON.parse` takes
 * @param value what it made of it
 */
export function repeatedKey(json: string, value: unknown): readonly string[] | undefined {
  return keysWritten(json) === keysOf(value) ? undefined : firstRepeated(json);
}

function keysWritten(json: string): number {
  let keys = 0;
  for (let at = json.indexOf('"'); at >= 0;) {
    const end = endOfString(json, at);
    if (isColon(json, end)) keys++;
    at = json.indexOf('"', end);
  }
  return keys;
}

/** Keys of all objects in a value. */
function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  // A list instead of calls: a text may be nested deeper than calls may be.
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (inside !== next) keys += inside.length;
    for (const each of inside) if (typeof each === 'object' && each !== null) open.push(each);
  }
  return keys;
}

function firstRepeated(json: string): readonly string[] | undefined {
  /** Of each open object its keys, the last one open; of a list undefined. */
  const open: (Set<string> | undefined)[] = [];
  /** The last key of each open object. */
  const path: string[] = [];
  for (let at = 0; at < json.length; at++) {
    const token = json[at];
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') {
      const keys = open.pop();
      if (keys !== undefined && keys.size > 0) path.pop();
    }
    if (token !== '"') continue;
    const end = endOfString(json, at);
    if (isColon(json, end)) {
      const key = JSON.parse(json.slice(at, end)) as string;
      const keys = open.at(-1)!;
      if (keys.size > 0) path.pop();
      path.push(key);
      if (keys.has(key)) return path;
      keys.add(key);
    }
    at = end - 1;
  }
  return undefined;
}

/** The index after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = json.indexOf('"', start + 1);
  while (isEscaped(json, at)) at = json.indexOf('"', at + 1);
  return at + 1;
}

function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json[first - 1] === '\\') first--;
  return (at - first) % 2 === 1;
}

function isColon(json: string, from: number): boolean {
  let at = from;
  while (' \t\n\r'.includes(json[at] ?? '.')) at++;
  return json[at] === ':';
}
