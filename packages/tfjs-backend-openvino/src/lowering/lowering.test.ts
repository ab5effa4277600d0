import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { inference, key, normalArray, type Params } from '../../../core/src';
import { initTransformerBlock, selfAttentionPart } from '../../../core/src/nn';
import { withoutLibrary } from '../../test/library';
import { OpenvinoBackendError } from '../errors';
import '../register';

const reason = withoutLibrary();

/** The results of a compiled function, whose arguments are no constants. */
function compiled(f: (...xs: tf.Tensor[]) => tf.Tensor, ...inputs: tf.Tensor[]): number[] {
  const run = jit((xs: tf.Tensor[]) => f(...xs));
  const result = run(inputs);
  const values = [...result.dataSync()];
  tf.dispose([result, ...inputs]);
  run.dispose();
  return values;
}

const list = (...values: number[]): tf.Tensor1D => tf.tensor1d(values);
const whole = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');

describe.skipIf(reason !== null)(named('forms for OpenVINO', reason), () => {
  beforeAll(async () => {
    await tf.setBackend('onnx:openvino');
  });

  it.each<[string, (...xs: tf.Tensor[]) => tf.Tensor, number[]]>([
    ['exp', (x) => tf.exp(x), [1, NaN, Math.E]],
    ['relu', (x) => tf.relu(x), [0, NaN, 1]],
    ['relu6', (x) => tf.relu6(x), [0, NaN, 1]],
    ['clip', (x) => tf.clipByValue(x, -1, 0.5), [0, NaN, 0.5]],
    ['step', (x) => tf.step(x), [0, NaN, 1]],
    ['maximum', (x) => tf.maximum(x, tf.neg(x)), [0, NaN, 1]],
    ['minimum', (x) => tf.minimum(tf.neg(x), x), [0, NaN, -1]],
    ['greater', (x) => tf.greater(x, tf.sub(x, 1)), [1, 0, 1]],
    ['greaterEqual', (x) => tf.greaterEqual(x, x), [1, 0, 1]],
    ['cast to bool', (x) => tf.cast(x, 'bool'), [0, 1, 1]],
  ])('%s keeps NaN, whether or not the operand is a constant', (_, f, want) => {
    const close = (got: number[]): void =>
      got.forEach((value, i) =>
        Number.isNaN(want[i]) ? expect(value).toBeNaN() : expect(value).toBeCloseTo(want[i]!, 5),
      );
    close(compiled(f, list(0, NaN, 1)));
    close(tf.tidy(() => [...f(list(0, NaN, 1)).dataSync()]));
  });

  it('takes absolute values of what is computed from constants', () => {
    const got = tf.tidy(() => [...tf.abs(tf.sub(list(1, 2, -0.5), list(3, 1, 0))).dataSync()]);
    expect(got).toEqual([2, 1, 0.5]);
  });

  it('adds to a sum over leading axes that is one row', () => {
    const ones = (...shape: number[]): tf.Tensor => tf.ones(shape);
    const row = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
      tf.add(tf.reshape(tf.sum(x, 0), [1, 4]), y);
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    expect(compiled(row, x, ones(1, 4))).toEqual([7, 9, 11, 13]);
    const ends = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
      tf.mul(tf.reshape(tf.max(x, [0, 3]), [1, 4]), y);
    expect(compiled(ends, ones(2, 2, 2, 3), ones(2, 4))).toEqual(Array(8).fill(1));
  });

  it.each([
    [3, 3],
    [4, 2],
  ])('attends over %i tokens with %i heads', async (tokens, heads) => {
    const width = 2 * heads;
    const params = initTransformerBlock(key(1), 'b', { dim: width, hidden: 2 });
    const numbers = await Promise.all(Object.values(params).map((each) => each.data()));
    const x = normalArray(key(2), 2 * tokens * width);
    const attend = (): Float32Array =>
      tf.tidy(() => {
        const own = Object.entries(params).map(([path, { shape }], i) => [
          path,
          tf.tensor(numbers[i] as Float32Array, shape),
        ]);
        const input = tf.tensor3d(x, [2, tokens, width]);
        const options = { heads, ctx: inference } as const;
        const result = selfAttentionPart(Object.fromEntries(own) as Params, 'b', input, options);
        return result.dataSync() as Float32Array;
      });
    tf.dispose(params);
    const got = attend();
    await tf.setBackend('cpu');
    const want = attend();
    await tf.setBackend('onnx:openvino');
    got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
  });

  it('multiplies a row by its own transpose', () => {
    const square = (x: tf.Tensor): tf.Tensor => tf.matMul(x, x, false, true);
    expect(compiled(square, tf.tensor2d([[1, 2, 3]]))).toEqual([14]);
    const column = (x: tf.Tensor): tf.Tensor => tf.matMul(tf.transpose(x), x);
    expect(compiled(column, tf.tensor2d([[1], [2], [3]]))).toEqual([14]);
    const batch = compiled(square, tf.tensor3d([[[1, 2]], [[3, 4]]]));
    expect(batch).toEqual([5, 25]);
  });

  it('adds residuals to products behind a reshape', () => {
    const f = (x: tf.Tensor, w: tf.Tensor, row: tf.Tensor): tf.Tensor => {
      const product = tf.reshape(tf.matMul(tf.reshape(x, [4, 2]), w as tf.Tensor2D), [2, 2, 2]);
      const sum = tf.add(tf.add(product, row), x);
      const [a, b] = [sum, x].map((each) => tf.reshape<tf.Rank.R2>(each, [4, 2]));
      return tf.matMul(tf.transpose(a!), b!);
    };
    const inputs = (): tf.Tensor[] => [
      tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
      tf.tensor2d([1, -1, 0.5, 2], [2, 2]),
      tf.tensor2d([1, 2, 3, 4], [2, 2]),
    ];
    const got = compiled(f, ...inputs());
    const want = tf.tidy(() => {
      const [x, w, row] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [a, c, r] = [x.dataSync(), w.dataSync(), row.dataSync()];
      const sum = Array.from({ length: 8 }, (_, i) => {
        const at = i - (i % 2);
        return a[at]! * c[i % 2]! + a[at + 1]! * c[2 + (i % 2)]! + r[i % 4]! + a[i]!;
      });
      const product = (p: number, q: number): number =>
        [0, 1, 2, 3].reduce((total, k) => total + sum[2 * k + p]! * a[2 * k + q]!, 0);
      return [product(0, 0), product(0, 1), product(1, 0), product(1, 1)];
    });
    expect(got).toEqual(want);
  });

  it('leaves a filter as it is for its gradient when the result is scaled', () => {
    const image = (): tf.Tensor4D =>
      tf.tensor4d(
        Array.from({ length: 24 }, (_, i) => i % 5),
        [2, 2, 2, 3],
      );
    const filter = tf.tensor4d(
      Array.from({ length: 24 }, (_, i) => (i % 3) - 1),
      [2, 2, 3, 2],
    );
    const loss = (x: tf.Tensor): tf.Tensor =>
      tf.mul(2, tf.depthwiseConv2d(x as tf.Tensor4D, filter, 1, 'same'));
    const square = tf.grad((x: tf.Tensor) => tf.square(loss(x)));
    const got = compiled(square, image());
    const plain = compiled(
      tf.grad((x: tf.Tensor) => tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, filter, 1, 'same'))),
      image(),
    );
    expect(got).toEqual(plain.map((value) => 4 * value));
    filter.dispose();
  });

  it('sums and compares integers exactly', () => {
    const large = [2 ** 24 + 1, 2, 2 ** 30, -5, 7];
    expect(compiled((x) => tf.sum(x), whole(...large))).toEqual([2 ** 24 + 2 ** 30 + 5]);
    expect(compiled((x) => tf.max(x), whole(...large))).toEqual([2 ** 30]);
    expect(compiled((x) => tf.min(tf.neg(x)), whole(...large))).toEqual([-(2 ** 30)]);
    const matrix = tf.tensor2d([2 ** 24 + 1, 1, 2, 3, 4, 5], [2, 3], 'int32');
    expect(compiled((x) => tf.sum(x, 0), matrix)).toEqual([2 ** 24 + 4, 5, 7]);
  });

  it('casts floats to integers as JavaScript does', () => {
    const cast = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'int32');
    const floats = [1.9, -1.9, 2 ** 31, 2 ** 32 + 512, -(2 ** 33) - 1024, NaN];
    expect(compiled(cast, list(...floats))).toEqual(floats.map((value) => value | 0));
  });

  it('refuses indices that are outside, reads and writes, and goes on', () => {
    const read = (f: () => unknown): OpenvinoBackendError => {
      try {
        f();
      } catch (error) {
        if (OpenvinoBackendError.is(error)) return error;
        throw error;
      }
      return expect.fail('nothing was thrown');
    };
    const gather = (x: tf.Tensor, at: tf.Tensor): tf.Tensor =>
      tf.gather(x, tf.cast(tf.abs(at), 'int32'));
    const error = read(() => compiled(gather, list(1, 2, 3), list(0, 3)));
    expect(error).toMatchObject({ code: 'runtime', op: 'Gather' });
    expect(error.message).toContain('Gather: an index is outside of [3].');
    const scatter = (at: tf.Tensor): tf.Tensor =>
      tf.scatterND(tf.reshape(tf.cast(tf.neg(at), 'int32'), [2, 1]), tf.ones([2]), [4]);
    expect(read(() => compiled(scatter, list(0, 1))).op).toBe('ScatterElements');
    expect(compiled(gather, list(1, 2, 3), list(2, 0))).toEqual([3, 1]);
  });
});
