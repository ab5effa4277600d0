import { ConfigError, nearestName } from '../errors';

/** What one value must be. Build checks from the functions of this file. */
export interface Check {
  /** Completes "expected …": `a whole number of at least 1`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** The names there are, where the value is one of several: errors suggest the nearest. */
  readonly choices?: readonly string[];
  /**
   * For a value made of others: the first part that is wrong, so that the error is about it. A part
   * that is not expected at all is none.
   */
  readonly wrongPart?: (value: unknown) => WrongPart | undefined;
}

/** A part of a value that its check refuses. */
interface WrongPart {
  /** Where it is in the value: `[0]`, `.image`. */
  readonly at: string;
  readonly value: unknown;
  readonly check: Check;
}

/** Bounds of a number; each is optional. NaN and the infinities never pass. */
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

/** A probability of dropping, in [0, 1): 1 would leave nothing. */
export function dropRate(): Check {
  return number({ min: 0, below: 1 });
}

export function boolean(): Check {
  return { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
}

/** Text that is not empty. */
export function text(): Check {
  return {
    expected: 'text that is not empty',
    accepts: (value) => typeof value === 'string' && value !== '',
  };
}

/** A function. `what` completes "a function": `that takes a path and gives a number`. */
export function callback(what = ''): Check {
  return {
    expected: `a function ${what}`.trim(),
    accepts: (value) => typeof value === 'function',
  };
}

/** One of these texts. */
export function oneOf(...choices: readonly string[]): Check {
  return {
    expected: choices.map((choice) => `"${choice}"`).join(' | '),
    accepts: (value) => typeof value === 'string' && choices.includes(value),
    choices,
  };
}

/** What any of these checks accepts. */
export function anyOf(...checks: readonly Check[]): Check {
  return {
    expected: checks.map(({ expected }) => expected).join(', or '),
    accepts: (value) => checks.some((check) => check.accepts(value)),
    choices: checks.flatMap(({ choices = [] }) => choices),
    // Where two forms are possible, it is not known which one was meant.
    wrongPart: (value) => {
      const parts = checks.flatMap((check) => check.wrongPart?.(value) ?? []);
      return parts.length === 1 ? parts[0] : undefined;
    },
  };
}

/** Exactly this value: `exactly(false)` beside a number that can be switched off. */
export function exactly(wanted: string | number | boolean | null): Check {
  // JSON has no word for Infinity.
  const expected = typeof wanted === 'number' ? String(wanted) : JSON.stringify(wanted);
  return { expected, accepts: (value) => value === wanted };
}

/** An array of at least `min` entries (default 0), each of which passes; `distinct`: none twice. */
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
      value.every(entry.accepts),
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
 * A plain object with these fields and no others. `required` names those that must be there;
 * any other may be absent or undefined.
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

/** A plain object of any keys whose values pass. */
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

/** An object (of a class or not) that has these methods: `a tokenizer with encode`. */
export function having(expected: string, ...methods: readonly string[]): Check {
  return {
    expected,
    accepts: (value) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  };
}

/** Whatever the compiler lets through. For values that another check of the same function covers. */
export function anything(): Check {
  return { expected: 'anything', accepts: () => true };
}

/**
 * @throws ConfigError that says what `name`, or the part of it that is wrong (`blocks[0].kernel`),
 *   must be and what it was, and suggests the nearest choice.
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

/** Text in quotes, so that "2" and 2 differ; what JSON has no word for, as JavaScript writes it. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'symbol') return String(value);
  return value;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
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
