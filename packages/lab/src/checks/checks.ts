import { having, number, type Check } from '@crossweave/core/authoring';

/** Checks of values that several functions of this package take. */

export function floatArray(): Check {
  return {
    expected: 'a Float32Array or Float64Array',
    accepts: (value) => value instanceof Float32Array || value instanceof Float64Array,
  };
}

export function abortSignal(): Check {
  return having('an AbortSignal', 'throwIfAborted', 'addEventListener');
}

export function randomKey(): Check {
  const word = number({ integer: true, min: 0, below: 2 ** 32 });
  return {
    expected: 'a key, as key(seed) of @crossweave/core gives it',
    accepts: (value) => {
      const { high, low } = (value ?? {}) as { high?: unknown; low?: unknown };
      return word.accepts(high) && word.accepts(low);
    },
  };
}

/** A whole number from 0 on. */
export function seed(): Check {
  return number({ integer: true, min: 0 });
}

/** A `PairSplit`. */
export function pairSplit(): Check {
  return having('a split of pairs (PairSplit)', 'images', 'texts', 'textIdentity');
}

/** A fusion with its parameters: `FittedFusion`. */
export function fittedFusion(): Check {
  const { accepts } = having('', 'fuse', 'score');
  return {
    expected: '{ fusion, params }',
    accepts: (value) => {
      const { fusion, params } = (value ?? {}) as { fusion?: unknown; params?: unknown };
      return accepts(fusion) && typeof params === 'object' && params !== null;
    },
  };
}

/** Levels of plain data; a value that holds itself has more than any. */
const deepest = 100;

/** Data that JSON says in full: what is hashed and what is hashed again after reading agree. */
export function plainData(): Check {
  const isPlain = (value: unknown, level: number): boolean => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
    if (typeof value === 'number') return Number.isFinite(value);
    if (typeof value !== 'object' || level > deepest || hides(value)) return false;
    return Object.values(value).every((entry) => entry === undefined || isPlain(entry, level + 1));
  };
  return {
    expected: 'plain data without NaN, infinities, functions, Maps or Sets',
    accepts: (value) => isPlain(value, 0),
  };
}

/** Whether an object holds more than its entries say. */
function hides(value: object): boolean {
  return [Map, Set, WeakMap, WeakSet, Promise].some((kind) => value instanceof kind);
}
