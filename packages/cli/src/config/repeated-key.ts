/**
 * The path of the first key that an object of a JSON text has twice, such as `training.steps`:
 * `JSON.parse` keeps the last one and says nothing.
 *
 * @param json text that `JSON.parse` takes
 */
export function repeatedKey(json: string): string | undefined {
  /** Of each open object its keys, the last one open; of a list undefined. */
  const open: (string[] | undefined)[] = [];
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    const keys = open.at(-1);
    if (token === '{') open.push([]);
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (keys !== undefined && isKey(json, index + token.length)) {
      const key = JSON.parse(token) as string;
      const twice = keys.includes(key);
      keys.push(key);
      if (twice) return open.flatMap((each) => each?.at(-1) ?? []).join('.');
    }
  }
  return undefined;
}

/** Whether a colon follows. */
function isKey(json: string, from: number): boolean {
  return /^\s*:/.test(json.slice(from, from + 64));
}
