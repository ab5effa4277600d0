import { ConfigError, nearestName } from '../errors';

/** A condition on the value of an option. Build checks with the functions of this file. */
export interface Check {
  /** The text after "expected" in an error: `a whole number of at least 1`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** The allowed names, if the check is a choice among names. Errors suggest the nearest name. */
  readonly choices?: readonly string[];
  /**
   * For lists and objects: the first wrong part, which the error then describes instead of the
   * whole value. An unexpected field is not a part.
   */
  readonly wrongPart?: (value: unknown) => WrongPart | undefined;
}

/** A part of a value that a check refuses. */
interface WrongPart {
  /** Position of the part in the value: `[0]`, `.image`. */
  readonly at: string;
  readonly value: unknown;
  readonly check: Check;
}

/** Bounds of a number; each is optional. NaN and infinities are always refused. */
export interface NumberBounds {
  /** Exclusive lower bound. */
  readonly above?: number;
  /** Inclusive lower bound. */
  readonly min?: number;
  /** Exclusive upper bound. */
  readonly below?: number;
  /** Inclusive upper bound. */
  readonly max?: number;
  /** Whole numbers only, exact in a double (below 2^53). Default false. */
  readonly integer?: boolean;
}

export function number(bounds: NumberBounds = {}): Check {
  const { above = -Infinity, min = -Infinity, below = Infinity, max = Infinity, integer } = bounds;
  return {
    expected: describeBounds(bounds),
    accepts: (value) =>
      typeof value === 'number' &&
      (integer === true ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
      value > above &&
      value >= min &&
      value < below &&
      value <= max,
  };
}

/** A whole number of at least `min` (default 1) that fits a tensor's dimension (below 2^31). */
export function count(min = 1): Check {
  return number({ integer: true, min, below: 2 ** 31 });
}

/** A number in [0, 1]. */
export function share(): Check {
  return number({ min: 0, max: 1 });
}

/** A dropout rate, in [0, 1). The rate 1 would drop every value. */
export function dropRate(): Check {
  return number({ min: 0, below: 1 });
}

export function boolean(): Check {
  return { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
}

/** Text, which may be empty. */
export function anyText(): Check {
  return { expected: 'text', accepts: (value) => typeof value === 'string' };
}

/** Text that is not empty. */
export function text(): Check {
  return {
    expected: 'text that is not empty',
    accepts: (value) => typeof value === 'string' && value !== '',
  };
}

/**
 * A function. `what` continues the text "a function" in errors: `that takes a path and gives a
 * number`.
 */
export function callback(what = ''): Check {
  return {
    expected: `a function ${what}`.trim(),
    accepts: (value) => typeof value === 'function',
  };
}

/** One of the given strings. */
export function oneOf(...choices: readonly string[]): Check {
  return {
    expected: choices.map((choice) => `"${choice}"`).join(' | '),
    accepts: (value) => typeof value === 'string' && choices.includes(value),
    choices,
  };
}

/** A value that at least one of the checks accepts. */
export function anyOf(...checks: readonly Check[]): Check {
  return {
    expected: checks.map(({ expected }) => expected).join(', or '),
    accepts: (value) => checks.some((check) => check.accepts(value)),
    choices: checks.flatMap(({ choices = [] }) => choices),
    // If two alternatives both name a wrong part, it is unclear which alternative was meant.
    wrongPart: (value) => {
      const parts = checks.flatMap((check) => check.wrongPart?.(value) ?? []);
      return parts.length === 1 ? parts[0] : undefined;
    },
  };
}

/**
 * Exactly the given value: `anyOf(exactly(false), number())` for a number that can be switched off.
 */
export function exactly(wanted: string | number | boolean | null): Check {
  // JSON cannot express Infinity.
  const expected = typeof wanted === 'number' ? String(wanted) : JSON.stringify(wanted);
  return { expected, accepts: (value) => value === wanted };
}

/**
 * An array of at least `min` entries (default 0), or of exactly `length`. Each entry must pass;
 * with `distinct` no value may occur twice.
 */
export function listOf(
  entry: Check,
  { min = 0, length, distinct = false }: { min?: number; length?: number; distinct?: boolean } = {},
): Check {
  const size = length === undefined ? (min === 0 ? '' : ` of at least ${min}`) : ` of ${length}`;
  return {
    expected: `a list${size}${distinct ? ', none twice' : ''}, each ${entry.expected}`,
    accepts: (value) =>
      Array.isArray(value) &&
      (length === undefined ? value.length >= min : value.length === length) &&
      (!distinct || new Set(value).size === value.length) &&
      // Unlike `every`, it does not pass over holes.
      value.findIndex((part) => !entry.accepts(part)) < 0,
    wrongPart: (value) => {
      if (!Array.isArray(value)) return undefined;
      const index = value.findIndex((part) => !entry.accepts(part));
      return index < 0
        ? undefined
        : { at: `[${index}]`, value: value[index] as unknown, check: entry };
    },
  };
}

/**
 * A plain object with only the given fields. A field that is not in `required` may be absent or
 * undefined.
 */
export function fields(
  checks: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): Check {
  const shown = Object.entries(checks).map(
    ([name, { expected }]) => `${name}${required.includes(name) ? '' : '?'}: ${expected}`,
  );
  return {
    expected: `{ ${shown.join('; ')} }`,
    accepts: (value) =>
      isPlainObject(value) &&
      required.every((name) => value[name] !== undefined) &&
      Object.entries(value).every(
        ([name, entry]) =>
          Object.hasOwn(checks, name) && (entry === undefined || checks[name]!.accepts(entry)),
      ),
    wrongPart: (value) => {
      if (
        !isPlainObject(value) ||
        !Object.keys(value).every((name) => Object.hasOwn(checks, name))
      ) {
        return undefined;
      }
      const wrong = Object.entries(checks).find(([name, check]) =>
        value[name] === undefined ? required.includes(name) : !check.accepts(value[name]),
      );
      return wrong && { at: `.${wrong[0]}`, value: value[wrong[0]], check: wrong[1] };
    },
  };
}

/** A plain object with any keys, each of whose values must pass. */
export function recordOf(entry: Check): Check {
  return {
    expected: `an object whose values are each ${entry.expected}`,
    accepts: (value) => isPlainObject(value) && Object.values(value).every(entry.accepts),
    wrongPart: (value) => {
      const found = Object.entries(isPlainObject(value) ? value : {}).find(
        ([, part]) => !entry.accepts(part),
      );
      return found && { at: `.${found[0]}`, value: found[1], check: entry };
    },
  };
}

/**
 * An object, of any class, that has the given methods. `expected` describes it: `a tokenizer with
 * encode`.
 */
export function having(expected: string, ...methods: readonly string[]): Check {
  return {
    expected,
    accepts: (value) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  };
}

/** Any value. For options that the function checks in a different way. */
export function anything(): Check {
  return { expected: 'anything', accepts: () => true };
}

/**
 * @throws ConfigError if the check refuses the value. It names the option or its wrong part
 *   (`blocks[0].kernel`), says what was expected and what was given, and suggests the nearest
 *   choice.
 */
export function requireValue(where: string, name: string, value: unknown, check: Check): void {
  if (check.accepts(value)) return;
  const part = check.wrongPart?.(value);
  if (part !== undefined) {
    requireValue(where, `${name}${part.at}`, part.value, part.check);
  }
  const nearest = typeof value === 'string' ? nearestName(value, check.choices ?? []) : undefined;
  throw new ConfigError(`"${name}" has a value that is not allowed`, {
    where,
    expected: check.expected,
    got: value === undefined ? 'nothing' : shown(value),
    ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
  });
}

/**
 * Strings in quotes, so that "2" and 2 look different; symbols, which JSON cannot express, as
 * JavaScript writes them.
 */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'symbol') return String(value);
  return value;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  // An object of another realm has another Object.prototype; that has no prototype either.
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describeBounds({ above, min, below, max, integer }: NumberBounds): string {
  const noun = integer === true ? 'a whole number' : 'a number';
  const low = min !== undefined ? `[${min}` : above !== undefined ? `(${above}` : undefined;
  const high = max !== undefined ? `${max}]` : below !== undefined ? `${below})` : undefined;
  if (low !== undefined && high !== undefined && below !== 2 ** 31) {
    return `${noun} in ${low}, ${high}`;
  }
  if (min !== undefined) return `${noun} of at least ${min}`;
  if (above !== undefined) return `${noun} above ${above}`;
  if (max !== undefined) return `${noun} of at most ${max}`;
  if (below !== undefined) return `${noun} below ${below}`;
  return noun === 'a number' ? 'a finite number' : noun;
}
