import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '../register';

import { exportOnnx } from './export-onnx';
import { openExport } from './open-export';
import { quantiseRows, turned } from './weight-table';

let tensors = 0;
beforeEach(async () => {
  await tf.setBackend('onnx');
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

type Inputs = Record<'x', tf.Tensor>;
const operatorsOf = (model: Uint8Array): string => Buffer.from(model).toString('latin1');

/** The largest difference of int8 from float32, of the largest number. */
function gap(
  f: (inputs: Inputs) => tf.Tensor,
  x: tf.Tensor,
  samples?: readonly object[],
): { gap: number; share: number; text: string } {
  const shape = ['batch', ...x.shape.slice(1)];
  const whole = exportOnnx<Inputs>(f, { x: { shape } });
  const small = exportOnnx<Inputs>(f, { x: { shape } }, { int8: samples ? { samples } : {} });
  const [want, got] = [whole, small].map((each) => {
    using open = openExport(each);
    const { output } = open.run({ x });
    const values = output!.dataSync<'float32'>();
    output!.dispose();
    return values;
  }) as [Float32Array, Float32Array];
  expect(got).toHaveLength(want.length);
  const largest = Math.max(...want.map(Math.abs));
  return {
    gap: Math.max(...want.map((value, i) => Math.abs(value - got[i]!))) / largest,
    share: small.model.length / whole.model.length,
    text: operatorsOf(small.model),
  };
}

describe('exportOnnx with int8', () => {
  it('quantises products by their weights, in either layout, with bias', () => {
    const weights = [random([48, 256], 1), random([32, 256], 2), random([32], 3)];
    const [first, second, bias] = weights as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
    const f = ({ x }: Inputs): tf.Tensor => {
      const hidden = tf.relu(tf.matMul(x as tf.Tensor2D, first));
      return tf.fused.matMul({ a: hidden, b: second, transposeB: true, bias });
    };
    const x = random([7, 48], 4);
    const result = gap(f, x);
    expect(result.gap).toBeGreaterThan(0);
    expect(result.gap).toBeLessThan(0.02);
    expect(result.share).toBeLessThan(0.4);
    expect(result.text.match(/_MatMulInteger/g)).toHaveLength(2);
    tf.dispose([x, ...weights]);
  });

  it('quantises convolutions by ranges of samples, and leaves them without', () => {
    const filters = random([3, 3, 16, 24], 1) as tf.Tensor4D;
    const bias = random([24], 2);
    const f = ({ x }: Inputs): tf.Tensor =>
      tf.add(tf.conv2d(x as tf.Tensor4D, filters, 2, 'same'), bias);
    // Not around 0, so that padding is not the middle of the range.
    const x = tf.tidy(() => tf.add(random([2, 9, 9, 16], 3), 2));
    const far = tf.tidy(() => tf.mul(x, 1.5));
    const result = gap(f, x, [{ x }, { x: far }]);
    expect(result.gap).toBeGreaterThan(0);
    expect(result.gap).toBeLessThan(0.02);
    expect(result.text).toContain('_ConvInteger');
    const without = gap(f, x);
    expect(without.gap).toBe(0);
    expect(without.text).not.toContain('Integer');
    tf.dispose([filters, bias, x, far]);
  });

  it('clips what is beyond the samples', () => {
    const filters = random([1, 1, 32, 32], 1) as tf.Tensor4D;
    const f = ({ x }: Inputs): tf.Tensor => tf.conv2d(x as tf.Tensor4D, filters, 1, 'valid');
    const x = random([1, 4, 4, 32], 2);
    const narrow = tf.tidy(() => tf.mul(x, 0.1));
    expect(gap(f, x, [{ x: narrow }]).gap).toBeGreaterThan(0.3);
    tf.dispose([filters, x, narrow]);
  });
});

it('quantises each row by its largest number', () => {
  const weight = { key: '', shape: [2, 3], values: Float32Array.of(1, -2, 0.5, 0, 0, 0) };
  const { values, scales } = quantiseRows(weight, false);
  expect([...values]).toEqual([64, -127, 32, 0, 0, 0]);
  expect([...scales]).toEqual([Math.fround(2 / 127), 1]);
  expect([...quantiseRows(weight, true).values]).toEqual([64, 0, -127, 0, 32, 0]);
});

it('turns weights as Transpose does', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i);
  const { shape, values: got } = turned({ key: '', shape: [2, 3, 4], values }, [2, 0, 1]);
  expect(shape).toEqual([4, 2, 3]);
  const want = tf.tidy(() => tf.transpose(tf.tensor(values, [2, 3, 4]), [2, 0, 1]).dataSync());
  expect([...got]).toEqual([...want]);
});
