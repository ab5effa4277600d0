import { tensor, zeros, type Rank, type ShapeMap, type Tensor } from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors';
import { drawsNothing, foldIn, normal, normalArray, uniform, type Key } from '../keys';
import { showShape } from '../shapes';

/** U(−bound, bound). */
export function uniformInit<R extends Rank>(
  key: Key,
  shape: ShapeMap[R],
  bound: number,
): Tensor<R> {
  return uniform<R>(key, shape, -bound, bound);
}

/** U(±gain·√(6 / (fan in + fan out))): Glorot & Bengio 2010, `torch.nn.init.xavier_uniform_`. */
export function xavierUniform<R extends Rank>(key: Key, shape: ShapeMap[R], gain = 1): Tensor<R> {
  const { fanIn, fanOut } = fans(shape);
  return uniformInit<R>(key, shape, gain * Math.sqrt(6 / (fanIn + fanOut)));
}

/**
 * U(±√(6 / ((1 + slope²)·fan in))): He et al. 2015, `torch.nn.init.kaiming_uniform_`. The default
 * slope √5 is PyTorch's for linear and convolution layers and gives ±1/√(fan in).
 */
export function kaimingUniform<R extends Rank>(
  key: Key,
  shape: ShapeMap[R],
  slope = Math.sqrt(5),
): Tensor<R> {
  return uniformInit<R>(key, shape, Math.sqrt(6 / ((1 + slope * slope) * fans(shape).fanIn)));
}

/** N(mean, standardDeviation²). */
export function normalInit<R extends Rank>(
  key: Key,
  shape: ShapeMap[R],
  standardDeviation = 1,
  mean = 0,
): Tensor<R> {
  return normal<R>(key, shape, mean, standardDeviation);
}

/**
 * N(0, standardDeviation²); draws beyond two standard deviations are rejected. The accepted draws
 * have a standard deviation of 0.88 · `standardDeviation`.
 */
export function truncatedNormal<R extends Rank>(
  key: Key,
  shape: ShapeMap[R],
  standardDeviation = 0.02,
): Tensor<R> {
  if (drawsNothing(key)) return zeros(shape);
  const out = new Float32Array(shape.reduce<number>((product, size) => product * size, 1));
  let filled = 0;
  for (let round = 0; filled < out.length; round++) {
    for (const value of normalArray(foldIn(key, round), out.length - filled)) {
      if (Math.abs(value) <= 2) out[filled++] = value * standardDeviation;
    }
  }
  return tensor(out, shape, 'float32');
}

/** Fan in and fan out of a weight [out, in, ...receptive field]. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [out, input, ...field] = shape;
  if (out === undefined || input === undefined) {
    throw new ConfigError('the fan in and fan out need a weight of at least two dimensions', {
      where: 'initialisers',
      expected: '[out, in, ...]',
      got: showShape(shape),
    });
  }
  const receptive = field.reduce((product, size) => product * size, 1);
  return { fanIn: input * receptive, fanOut: out * receptive };
}
