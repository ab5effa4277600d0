import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import '../register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

const MAX = 2 ** 31 - 1;
const MIN = -(2 ** 31);
/** Of these, float32 holds none. */
const odd = [2 ** 24 + 1, -(2 ** 24) - 1, 2 ** 25 - 1, 123_456_789, -123_456_789, MAX];
const given = [...odd, MIN, 0, 1, -7, 22, 17, -3, 1_202_604, 4097 ** 2 - 1];
/** What a number is as an int32: JavaScript's own rule, on its exact value. */
const int32 = (value: number | bigint): number =>
  typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0;

function expectInts(make: (x: tf.Tensor1D) => tf.Tensor, want: readonly (number | bigint)[]): void {
  const got: number[] = [];
  tf.tidy(() => {
    const y = make(tf.tensor1d(given, 'int32'));
    expect(y.dtype).toBe('int32');
    got.push(...y.dataSync());
  });
  expect(got).toEqual(want.map((value) => int32(value) + 0));
}

const big = given.map(BigInt);
const pairs = (f: (a: bigint, b: bigint) => bigint): bigint[] =>
  big.map((a, i) => f(a, big[(i + 1) % big.length] as bigint));
const next = (x: tf.Tensor1D): tf.Tensor1D => tf.concat([tf.slice(x, 1), tf.slice(x, 0, 1)]);
/** Division rounded down. */
const floored = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return 0n;
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};

describe('elementwise', () => {
  const unary: Record<string, (x: number) => number> = {
    round: (x) => x,
    abs: Math.abs,
    neg: (x) => -x,
    sign: Math.sign,
    relu: (x) => Math.max(x, 0),
    relu6: (x) => Math.min(Math.max(x, 0), 6),
    step: (x) => (x > 0 ? 1 : 0),
    expm1: Math.expm1,
    sinh: Math.sinh,
    asinh: Math.asinh,
    softplus: (x) => (x > 40 ? x : Math.log1p(Math.exp(x))),
    // −MIN is MIN again.
    logSigmoid: (x) => (x === MIN ? 0 : x < -40 ? x : -Math.log1p(Math.exp(-x))),
    log1p: (x) => (x > -1 ? Math.log1p(x) : 0),
  };
  it.each(Object.entries(unary))('%s', (name, f) => {
    const op = (tf as unknown as Record<string, (x: tf.Tensor) => tf.Tensor>)[name]!;
    expectInts(op, given.map(f));
  });

  it('square and other products are exact modulo 2^32', () => {
    expectInts(
      (x) => tf.square(x),
      big.map((x) => x * x),
    );
    expectInts(
      (x) => tf.mul(x, next(x)),
      pairs((a, b) => a * b),
    );
    expectInts(
      (x) => tf.squaredDifference(x, next(x)),
      pairs((a, b) => (a - b) * (a - b)),
    );
  });

  it('sums and differences begin anew beyond the ends', () => {
    expectInts(
      (x) => tf.add(x, next(x)),
      pairs((a, b) => a + b),
    );
    expectInts(
      (x) => tf.sub(x, next(x)),
      pairs((a, b) => a - b),
    );
    expectInts(
      (x) => tf.addN([x, x, x]),
      big.map((x) => 3n * x),
    );
  });

  it('quotients and remainders', () => {
    expectInts((x) => tf.floorDiv(x, next(x)), pairs(floored));
    expectInts((x) => tf.div(x, next(x)), pairs(floored));
    expectInts(
      (x) => tf.mod(x, next(x)),
      pairs((a, b) => (b === 0n ? 0n : a - b * floored(a, b))),
    );
  });

  it('powers', () => {
    const base = (): tf.Tensor => tf.tensor1d([3, 7, -3, 2, 46_341, 5], 'int32');
    const exponent = (): tf.Tensor => tf.tensor1d([30, 11, 19, 40, 2, 0], 'int32');
    expectInts(
      () => tf.pow(base(), exponent()),
      [3n ** 30n, 7n ** 11n, (-3n) ** 19n, 2n ** 40n, 46_341n ** 2n, 1n],
    );
  });

  it('larger, smaller, equal', () => {
    expectInts(
      (x) => tf.maximum(x, next(x)),
      pairs((a, b) => (a > b ? a : b)),
    );
    expectInts(
      (x) => tf.minimum(x, next(x)),
      pairs((a, b) => (a < b ? a : b)),
    );
    const below = (x: tf.Tensor1D): tf.Tensor => tf.sub(x, tf.scalar(1, 'int32'));
    const all = given.map(() => 1);
    expectInts((x) => tf.cast(tf.notEqual(x, below(x)), 'int32'), all);
    expectInts(
      (x) => tf.cast(tf.greater(x, below(x)), 'int32'),
      // The one below the least is the largest.
      given.map((x) => (x === MIN ? 0 : 1)),
    );
  });

  it.each([
    [0, Infinity],
    [-Infinity, 2 ** 24 + 1],
    [-1e12, 1e12],
    [-2.5, 3.5],
    [2 ** 24 + 1, 2 ** 25 - 1],
  ])('clipped to %d and %d', (low, high) => {
    expectInts(
      (x) => tf.clipByValue(x, low, high),
      given.map((x) => Math.trunc(Math.min(Math.max(x, low), high))),
    );
  });

  it('chosen', () => {
    expectInts((x) => tf.where(tf.greater(x, 0), x, tf.neg(x)), given.map(Math.abs));
  });
});

describe('over several', () => {
  it('sums, running or not', () => {
    expectInts((x) => tf.sum(x), [big.reduce((sum, x) => sum + x)]);
    expectInts(
      (x) => tf.sum(tf.stack([x, x]), 0),
      big.map((x) => 2n * x),
    );
    let sum = 0n;
    expectInts(
      (x) => tf.cumsum(x),
      big.map((x) => (sum += x)),
    );
    expectInts((x) => tf.einsum('i,i->', x, tf.onesLike(x)), [big.reduce((a, b) => a + b)]);
  });

  it('products', () => {
    expectInts((x) => tf.prod(tf.slice(x, 0, 2)), [big[0]! * big[1]!]);
    let product = 1n;
    expectInts(
      (x) => tf.cumprod(tf.slice(x, 0, 2)),
      big.slice(0, 2).map((x) => (product *= x)),
    );
    expectInts(
      (x) => tf.matMul(tf.reshape(x, [3, 5]), tf.reshape(x, [5, 3])),
      [0, 1, 2].flatMap((row) =>
        [0, 1, 2].map((column) =>
          [0, 1, 2, 3, 4].reduce((s, k) => s + big[row * 5 + k]! * big[k * 3 + column]!, 0n),
        ),
      ),
    );
  });

  it('the largest and where it is', () => {
    expectInts((x) => tf.stack([tf.max(x), tf.min(x)]), [MAX, MIN]);
    expectInts((x) => tf.stack([tf.argMax(x), tf.argMin(x)]), [5, 6]);
    const sorted = [...given].sort((a, b) => b - a);
    expectInts((x) => tf.topk(x, given.length).values, sorted);
    const image = (x: tf.Tensor1D): tf.Tensor4D => tf.reshape(x, [1, 3, 5, 1]);
    const rows = [0, 5, 10].map((at) => given.slice(at, at + 5));
    const columns = rows[0]!.map((_, j) => Math.max(...rows.map((row) => row[j]!)));
    expectInts((x) => tf.maxPool(image(x), [3, 1], 1, 'valid'), columns);
    expectInts(
      (x) => tf.maxPoolWithArgmax(image(x), [3, 1], 1, 'valid').result as tf.Tensor,
      columns,
    );
  });
});

describe('moved', () => {
  it.each<[string, (x: tf.Tensor1D) => tf.Tensor]>([
    ['reversed twice', (x) => tf.reverse(tf.reverse(x))],
    ['gathered', (x) => tf.gather(x, tf.range(0, given.length, 1, 'int32'))],
    ['cut and joined', (x) => tf.concat(tf.split(x, [5, 10]))],
    [
      'resized',
      (x) => tf.image.resizeNearestNeighbor(tf.reshape<tf.Rank.R4>(x, [1, 3, 5, 1]), [3, 5]),
    ],
    ['scattered', (x) => tf.scatterND(tf.reshape(tf.range(0, 15, 1, 'int32'), [15, 1]), x, [15])],
    ['a filled tensor', (x) => tf.mul(x, tf.fill([15], 1, 'int32'))],
  ])('%s', (_, move) => {
    expectInts(move, given);
  });

  it('padded and filled with numbers float32 does not hold', () => {
    expectInts(() => tf.pad(tf.tensor1d([1], 'int32'), [[1, 0]], MAX), [MAX, 1]);
    expectInts(
      () => tf.add(tf.fill([300], 2 ** 24 + 1, 'int32'), tf.scalar(1, 'int32')),
      new Array<number>(300).fill(2 ** 24 + 2),
    );
    expectInts(
      () => tf.range(2 ** 24 - 1, 2 ** 24 + 5, 2, 'int32'),
      [0, 2, 4].map((i) => 2 ** 24 - 1 + i),
    );
    expectInts(() => tf.oneHot(tf.tensor1d([1], 'int32'), 3), [0, 1, 0]);
  });
});

it('floats become integers by the rule of JavaScript', () => {
  const floats = [
    3e9,
    -3e9,
    1e19,
    -1e20,
    Infinity,
    -Infinity,
    NaN,
    2 ** 31,
    2.9,
    -2.9,
    2 ** 33 + 2 ** 12,
  ];
  expectInts(
    () => tf.cast(tf.tensor1d(floats), 'int32'),
    floats.map((x) => Math.fround(x)),
  );
  expectInts(
    () => tf.floorDiv(tf.tensor1d([1, 0.3, 7]), tf.tensor1d([0.1, 0.1, -0.7])),
    [
      [1, 0.1],
      [0.3, 0.1],
      [7, -0.7],
    ].map(([a, b]) => Math.floor(Math.fround(a!) / Math.fround(b!))),
  );
});
