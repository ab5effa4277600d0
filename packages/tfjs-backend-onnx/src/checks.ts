import { OnnxBackendError } from './errors';

/** A condition on the value of an option. */
export interface Check {
  /** The text after "must be" in an error: `true or false`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** A check for every option of a function. */
export type Checks<Options> = { readonly [Key in keyof Required<Options>]: Check };

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
  return {
    expected: `a whole number of at least ${least}${upTo}`,
    accepts: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most,
  };
}

/** A finite number that is not negative. */
export const notNegative: Check = {
  expected: 'a number of at least 0',
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};

export const trueOrFalse: Check = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

/** A string. `what` continues the word "text" in errors: `that names a file`. */
export const text = (what = '', accepts: (value: string) => boolean = () => true): Check => ({
  expected: `text ${what}`.trim(),
  accepts: (value) => typeof value === 'string' && accepts(value),
});

export const oneOf = (choices: readonly string[]): Check => ({
  expected: choices.map((choice) => `"${choice}"`).join(' | '),
  accepts: (value) => typeof value === 'string' && choices.includes(value),
});

export const listOf = (item: Check): Check => ({
  expected: `a list, each item of it ${item.expected}`,
  accepts: (value) => Array.isArray(value) && value.every(item.accepts),
});

/** A plain object of any keys. */
export const recordOf = (item: Check): Check => ({
  expected: `an object, each value in it ${item.expected}`,
  accepts: (value) => isObject(value) && Object.values(value).every(item.accepts),
});

/** A plain object with only these keys, each of which is optional. */
export const fields = (checks: Readonly<Record<string, Check>>): Check => ({
  expected: `an object of ${Object.entries(checks)
    .map(([key, { expected }]) => `${key}: ${expected}`)
    .join(', ')}`,
  accepts: (value) =>
    isObject(value) &&
    Object.entries(value).every(
      ([key, item]) => item === undefined || checks[key]?.accepts(item) === true,
    ),
});

export const anyOf = (...checks: readonly Check[]): Check => ({
  expected: checks.map(({ expected }) => expected).join(' or '),
  accepts: (value) => checks.some(({ accepts }) => accepts(value)),
});

export const nothing: Check = { expected: 'null', accepts: (value) => value === null };

/**
 * Checks the options of a function at run time; undefined counts as absent. @param where the name
 * of the function. @throws OnnxBackendError `options` for an unknown key or a wrong value.
 */
export function checkOptions<Options extends object>(
  where: string,
  options: Options,
  checks: Checks<Options>,
): void {
  const fault = optionsFault(where, options, checks);
  if (fault !== undefined) throw new OnnxBackendError('options', fault);
}

/** The message for the first unknown key or wrong value; undefined if there is none. */
export function optionsFault<Options extends object>(
  where: string,
  options: Options,
  checks: Checks<Options>,
): string | undefined {
  if (!isObject(options)) return wrong(where, 'the options', 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).join(', ');
      return `${where}: there is no option "${name}"; expected one of ${known}.`;
    }
    if (value !== undefined && !check.accepts(value)) {
      return wrong(where, name, check.expected, value);
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(where: string, what: string, expected: string, got: unknown): string {
  return `${where}: ${what} must be ${expected}; got ${describe(got)}.`;
}

/** A short description of any value. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 100);
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}
