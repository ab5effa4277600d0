import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { ParamShapes } from '../param-shapes';
import type { Params } from '../params';

/**
 * A tensor of numbers in [low, high) that are a function of its name and their places alone, so
 * that a model of full size needs no stored parameters. `tooling/reference/formula.py` has the
 * same. For fixtures: they are no random numbers to rely on.
 */
export function formulaTensor(
  name: string,
  shape: readonly number[],
  [low, high]: readonly [number, number],
): Tensor {
  const seed = hash(name);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) {
    values[i] =
      low + (high - low) * (mix((Math.imul(i, 0x9e3779b1) + seed) >>> 0) >>> 8) * 2 ** -24;
  }
  return tensor(values, [...shape], 'float32');
}

/**
 * Parameters of these shapes by {@link formulaTensor}, in ranges that keep activations moderate:
 * matrices and filters ±√(3 / fan in), norms' weights and running variances in [0.5, 1.5),
 * everything else ±0.1.
 */
export function formulaParams(shapes: ParamShapes): Params {
  return Object.fromEntries(
    Object.entries(shapes).map(([path, shape]) => [
      path,
      formulaTensor(path, shape, range(path, shape)),
    ]),
  );
}

function range(path: string, shape: readonly number[]): [low: number, high: number] {
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const bound = shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.1;
  const positive = shape.length === 1 && /(weight|running_var)$/.test(path);
  return positive ? [0.5, 1.5] : [-bound, bound];
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** The last steps of MurmurHash3. */
function mix(word: number): number {
  let value = word ^ (word >>> 16);
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
