import { ConfigError, nearestName } from '@crossweave/core';
import { z } from 'zod';

/**
 * Checks plain data against a schema.
 * @throws ConfigError naming the path of the first thing that is wrong, or every key that is missing, and
 *   for a misspelt key the nearest one there is.
 */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  data: unknown,
  where: string,
): z.output<S> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  // A misspelt key is also a missing one: say the former.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    throw unknownKey(where, path, key, keysAt(schema, issue.path));
  }
  const missing = issues.filter((each) => isMissing(data, each));
  if (issue !== undefined && missing.includes(issue)) throw missingKeys(where, missing, schema);
  throw new ConfigError(path === '' ? 'the config does not fit' : `"${path}" does not fit`, {
    where,
    expected: issue === undefined ? result.error.message : expectedBy(issue, schema),
    got: valueAt(data, issue?.path ?? []),
  });
}

function isMissing(data: unknown, { path }: z.core.$ZodIssue): boolean {
  const last = path.at(-1);
  const object = path.slice(0, -1).reduce<unknown>((value, key) => own(value, String(key)), data);
  return last !== undefined && isRecord(object) && !Object.hasOwn(object, last);
}

function missingKeys(
  where: string,
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
): ConfigError {
  const names = issues.map(({ path }) => `"${path.map(String).join('.')}"`);
  const forms = issues.map((issue) => expectedBy(issue, schema));
  return new ConfigError(
    names.length === 1
      ? `the key ${names.join('')} is missing`
      : `the keys ${names.join(', ')} are missing`,
    {
      where,
      expected:
        names.length === 1
          ? forms.join('')
          : forms.map((form, i) => `${names[i] ?? ''}: ${form}`).join('; '),
    },
  );
}

/** What an issue of zod's asks for; of several forms, each that the value could have. */
function expectedBy(issue: z.core.$ZodIssue, schema?: z.ZodType): string {
  switch (issue.code) {
    case 'invalid_union': {
      const forms = issue.errors.flatMap(([first]) =>
        first === undefined ? [] : expectedBy(first),
      );
      return [...new Set(forms)].join(', or ');
    }
    case 'invalid_type': {
      const keys = schema === undefined ? [] : keysAt(schema, issue.path);
      const known = typeNames[issue.expected] ?? issue.expected;
      return keys.length === 0 ? known : `${known} with the keys ${keys.join(', ')}`;
    }
    case 'too_small':
      return limit(
        issue.origin,
        issue.inclusive === false ? 'above' : 'of at least',
        issue.minimum,
      );
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'below' : 'of at most', issue.maximum);
    default:
      return issue.message.replace(/^[^:]*: expected /, '');
  }
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function limit(origin: string, bound: string, value: number | bigint): string {
  const sized: Readonly<Record<string, string>> = {
    string: `a text ${bound} ${value} characters`,
    array: `a list ${bound} ${value} entries`,
  };
  return sized[origin] ?? `a number ${bound} ${value}`;
}

/** The error of a key, or another name, that does not exist, naming the nearest that does. */
export function unknownKey(
  where: string,
  path: string,
  key: string,
  known: readonly string[],
  what = 'key',
): ConfigError {
  const nearest = nearestName(key, known);
  return new ConfigError(`there is no ${what} "${path === '' ? key : `${path}.${key}`}"`, {
    where,
    expected: known.length > 0 ? `one of ${known.join(', ')}` : undefined,
    advice: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
  });
}

/**
 * Sets `path=value` in a copy of plain data; the value is JSON, or text when it is no JSON. Objects
 * on the way that are missing are made: whether there are such keys is for the schema to say.
 */
export function withSetting(data: unknown, assignment: string): unknown {
  const at = assignment.indexOf('=');
  if (at < 1) {
    throw new ConfigError('a setting must have the form path=value', {
      where: '--set',
      got: assignment,
      advice: 'For example: --set fusion.steps=200',
    });
  }
  const copy: unknown = structuredClone(data);
  const path = assignment.slice(0, at).split('.');
  const last = path.pop() ?? '';
  let target = copy;
  if (!isRecord(target)) throw new ConfigError('the config is no object', { where: '--set' });
  for (const [depth, key] of path.entries()) {
    // What every object has from the language is no key of a config.
    if (isRecord(target) && !(key in target)) define(target, key, {});
    target = own(target, key);
    if (isRecord(target)) continue;
    throw new ConfigError(`the config has no keys under "${path.slice(0, depth + 1).join('.')}"`, {
      where: '--set',
      expected: 'an object there',
      got: assignment,
    });
  }
  define(target, last, settingValue(assignment.slice(at + 1)));
  return copy;
}

/** Not by assignment, which has another meaning for `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function settingValue(written: string): unknown {
  // JSON has no NaN; it must reach the schema as a number to be refused as one.
  if (written === 'NaN') return Number.NaN;
  try {
    return JSON.parse(written) as unknown;
  } catch {
    return written;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What the object itself has under a key. */
function own(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) value = own(value, String(key));
  return typeof value === 'number' ? String(value) : value;
}

/** Every key of an object schema by its path, with its default; `<name>` stands for a free key. */
export function keysOf(schema: z.ZodType, path = ''): string[] {
  const inner = unwrap(schema);
  const below = path === '' ? '' : `${path}.`;
  if (inner instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.ZodType>> = inner.shape;
    return Object.entries(shape).flatMap(([name, each]) => keysOf(each, `${below}${name}`));
  }
  if (inner instanceof z.ZodRecord && unwrap(inner.valueType) instanceof z.ZodObject) {
    return keysOf(inner.valueType as z.ZodType, `${below}<name>`);
  }
  const preset = schema instanceof z.ZodDefault ? JSON.stringify(schema.def.defaultValue) : '{}';
  return [preset === '{}' ? path : `${path} (${preset})`];
}

/** The keys an object schema allows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const key of path) {
    current = unwrap(current);
    if (current instanceof z.ZodObject)
      current = (current.shape as Record<string, unknown>)[String(key)];
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else if (current instanceof z.ZodArray) current = current.element;
  }
  current = unwrap(current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault
  ) {
    current = current.unwrap();
  }
  return current;
}
