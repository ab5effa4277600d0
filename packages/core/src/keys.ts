import { zeros, type Rank, type ShapeMap, type Tensor } from '@tensorflow/tfjs-core';
import { requireNumber } from './authoring/require';
import { ConfigError } from './errors';
import { fnv1a } from './fnv';
import { asStandIn, hostValue, standInOf, unreadable, type StandIn } from './host-value';
import { fillWords, threefry } from './threefry';

/**
 * A random key: two 32-bit words for a counter-based generator (Threefry-2x32, 20 rounds; Salmon et
 * al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The same key gives the same numbers
 * on every engine. Use a key for one draw only, and derive further keys with {@link split} or
 * {@link foldIn}.
 */
export interface Key {
  readonly high: number;
  readonly low: number;
  /**
   * False on {@link noDraws} and keys derived from it: every draw is zero. Absent on all other
   * keys.
   */
  readonly draws?: false;
}

/** The key of a seed: an integer in [0, 2^53). Seed 0 is a seed like any other. */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ConfigError('a seed must be a whole number', {
      where: 'key',
      expected: 'an integer in [0, 2^53)',
      got: seed,
    });
  }
  return { high: Math.floor(seed / 2 ** 32) >>> 0, low: seed >>> 0 };
}

/**
 * A key for callers that need the paths and shapes of a parameter tree and not the values. Draws
 * with this key, and with keys derived from it, give zeros at no cost. See {@link initialShapes}.
 */
export const noDraws: Key = { high: 0, low: 0, draws: false };

/**
 * Whether a key is {@link noDraws} or derived from it. `key(0)` has the same words and is an
 * ordinary key.
 */
export function drawsNothing(key: Key): boolean {
  requireKey(key);
  return key.draws === false;
}

/**
 * A number has no words, so that all seeds in the place of a key would give the same draws.
 *
 * @throws ConfigError for what is no key.
 */
function requireKey(given: Key): void {
  if (typeof given !== 'object' || (given as Key | null) === null) throw notAKey(given);
}

/** The words of a key; those of a compiled step are not read. @throws ConfigError likewise. */
function wordsOf(given: Key): Key {
  if (Number.isInteger(given.high) && Number.isInteger(given.low)) return given;
  throw notAKey(given);
}

function notAKey(given: unknown): ConfigError {
  return new ConfigError('this is no key', {
    where: 'keys',
    expected: 'a key, as key(seed), split and foldIn return it',
    got: given === undefined ? 'nothing' : given,
    ...(typeof given === 'number' && { advice: `Pass key(${given}) of @crossweave/core.` }),
  });
}

function requireCount(where: string, count: number): void {
  requireNumber(where, 'count', count, { integer: true, min: 0 });
}

/** `count` new keys, independent of each other and of `parent`. */
export function split(parent: Key, count = 2): Key[] {
  requireCount('split', count);
  if (drawsNothing(parent)) return Array.from({ length: count }, () => noDraws);
  const standIn = standInOf(parent);
  if (standIn !== undefined) {
    return Array.from({ length: count }, (_, i) =>
      derived(standIn, (parent) => split(parent, count)[i]!),
    );
  }
  return Array.from({ length: count }, (_, i) => block(parent, i, 0x73706c69));
}

/** A new key from a key and a number (step, epoch, row) or a name (parameter path, sample id). */
export function foldIn(parent: Key, data: number | string): Key {
  if (drawsNothing(parent)) return noDraws;
  const standIn = standInOf(parent);
  if (standIn !== undefined) return derived(standIn, (parent) => foldIn(parent, data));
  if (typeof data === 'string') return block(parent, fnv1a(data), 0x6e616d65);
  const { high, low } = key(data);
  return block(parent, low, high ^ 0x666f6c64);
}

/** A key that a step derives from a key that is not known before the step ({@link hostValue}). */
function derived({ recorder, at }: StandIn<Key>, derive: (parent: Key) => Key): Key {
  const key = unreadable('key', 'high', 'low') as Key;
  return asStandIn(key, { recorder, at: (step) => derive(at(step)) });
}

/** `count` uniform numbers in [0, 1), with 24 random bits each (exact in float32). */
export function uniformArray(from: Key, count: number): Float32Array {
  requireCount('uniformArray', count);
  if (drawsNothing(from)) return new Float32Array(count);
  const words = randomWords(from, count);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (words[i]! >>> 8) * 2 ** -24;
  return out;
}

/** `count` standard normal numbers (Box–Muller). */
export function normalArray(from: Key, count: number): Float32Array {
  requireCount('normalArray', count);
  if (drawsNothing(from)) return new Float32Array(count);
  const words = randomWords(from, count + (count & 1));
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    // The first uniform lies in (0, 1], so that its logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((((words[i] ?? 0) >>> 8) + 1) * 2 ** -24));
    const angle = 2 * Math.PI * ((words[i + 1] ?? 0) >>> 8) * 2 ** -24;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** A whole number in [0, limit), unbiased (by rejection sampling). */
export function randomInteger(from: Key, limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32) {
    throw new ConfigError('the limit of randomInteger is out of range', {
      where: 'randomInteger',
      expected: 'an integer in [1, 2^32]',
      got: limit,
    });
  }
  if (drawsNothing(from)) return 0;
  const acceptable = 2 ** 32 - (2 ** 32 % limit);
  for (let attempt = 0; ; attempt++) {
    const word = block(from, attempt, 0x696e7465).low;
    if (word < acceptable) return word % limit;
  }
}

/** A random permutation of 0 … count−1 (Fisher–Yates). */
export function permutation(from: Key, count: number): number[] {
  requireCount('permutation', count);
  const order = Array.from({ length: count }, (_, i) => i);
  if (drawsNothing(from)) return order;
  for (let i = count - 1; i > 0; i--) {
    const j = randomInteger(foldIn(from, i), i + 1);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** A tensor of uniform numbers in [low, high). */
export function uniform<R extends Rank>(
  from: Key,
  shape: ShapeMap[R],
  low = 0,
  high = 1,
): Tensor<R> {
  if (drawsNothing(from)) return zeros(shape);
  const draw = (from: Key): Float32Array =>
    uniformArray(from, sizeOf(shape)).map((value) => low + (high - low) * value);
  return hostValue(from).tensor<R>(draw, shape);
}

/** A tensor of normal numbers. */
export function normal<R extends Rank>(
  from: Key,
  shape: ShapeMap[R],
  mean = 0,
  standardDeviation = 1,
): Tensor<R> {
  if (drawsNothing(from)) return zeros(shape);
  const draw = (from: Key): Float32Array =>
    normalArray(from, sizeOf(shape)).map((value) => mean + standardDeviation * value);
  return hostValue(from).tensor<R>(draw, shape);
}

/** A float32 tensor whose values are 1 with probability `rate` and 0 otherwise. */
export function bernoulli<R extends Rank>(from: Key, shape: ShapeMap[R], rate: number): Tensor<R> {
  requireNumber('bernoulli', 'rate', rate, { min: 0, max: 1 });
  if (drawsNothing(from)) return zeros(shape);
  const draw = (from: Key): Float32Array =>
    uniformArray(from, sizeOf(shape)).map((value) => (value < rate ? 1 : 0));
  return hostValue(from).tensor<R>(draw, shape);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function block(from: Key, counterLow: number, counterHigh: number): Key {
  const { high, low } = wordsOf(from);
  const out = new Uint32Array(2);
  threefry(high, low, counterHigh, counterLow, out, 0);
  return { high: out[0] as number, low: out[1] as number };
}

/** `count` uniform 32-bit words of the key's stream. */
export function randomWords(from: Key, count: number): Uint32Array {
  requireCount('randomWords', count);
  if (drawsNothing(from)) return new Uint32Array(count);
  const { high, low } = wordsOf(from);
  const out = new Uint32Array(count + (count & 1));
  fillWords(high, low, out);
  return count === out.length ? out : out.subarray(0, count);
}
