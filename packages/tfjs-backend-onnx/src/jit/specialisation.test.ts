import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OnnxBackend } from '../backend';
import { OnnxBackendError } from '../errors';
import '../register';
import { jit } from './jit';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

const values = (x: tf.Tensor): number[] => [...x.dataSync()];

describe('a function that is not pure', () => {
  const twice = (f: (x: tf.Tensor) => tf.Tensor, message: RegExp): void => {
    const compiled = jit(f);
    const x = tf.tensor1d([1, 2]);
    compiled(x).dispose();
    expect(() => compiled(x)).toThrow(message);
    expect(() => compiled(x)).not.toThrow();
    compiled.dispose();
  };

  it('is refused when it makes other numbers', () => {
    let rate = 0;
    twice((x) => tf.mul(x, tf.tensor1d([++rate, 1])), /makes different values of shape \[2\]/);
  });

  it('is refused when it draws random numbers', () => {
    twice((x) => tf.add(x, tf.randomNormal([2])), /makes different values of shape \[2\]/);
  });

  it('is refused when it takes another way', () => {
    let calls = 0;
    twice((x) => (calls++ === 0 ? tf.exp(x) : tf.neg(x)), /calls different operations/);
  });

  it('is refused when it closes over another tensor', () => {
    const tensors = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([3, 4])];
    tensors.forEach((t) => t.dataSync());
    twice((x) => tf.add(x, tensors.shift() as tf.Tensor), /closes over a different tensor/);
  });

  it.each([
    [
      'reads a value',
      (x: tf.Tensor) => tf.mul(x, tf.sum(x).dataSync()[0] as number),
      /A value was read/,
    ],
    [
      'calls a kernel outside of graphs',
      (x: tf.Tensor) => tf.unique(x).values,
      /Unique has no ONNX form/,
    ],
  ])('is refused when it %s, and the backend goes on', (_, f, message) => {
    const held = tf.tensor1d([1, 2]);
    const { numTensors } = tf.memory();
    expect(() => jit(f)(held)).toThrow(message);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(values(tf.mul(held, 2))).toEqual([2, 4]);
  });

  it('is refused when it returns what is not a tree', () => {
    expect(() => jit(() => new Map() as never)()).toThrow(OnnxBackendError);
  });

  it("may return a tensor from outside, which stays its owner's", () => {
    const held = tf.tensor1d([1, 2]);
    const both = jit((x: tf.Tensor) => ({ held, sum: tf.add(x, held) }));
    for (let call = 0; call < 3; call++) {
      const result = both(tf.scalar(1));
      expect([values(result.held), values(result.sum)]).toEqual([
        [1, 2],
        [2, 3],
      ]);
      tf.dispose(result);
    }
    expect(values(held)).toEqual([1, 2]);
    both.dispose();
  });

  it('cannot hand out tensors on the side', () => {
    const kept: tf.Tensor[] = [];
    const leaky = jit((x: tf.Tensor) => {
      const inner = tf.keep(tf.exp(x));
      kept.push(inner);
      return tf.neg(inner);
    });
    leaky(tf.scalar(1));
    const [escaped] = kept as [tf.Tensor];
    expect(() => escaped.dataSync()).toThrow(/did not return/);
    expect(() => tf.neg(escaped)).toThrow(/did not return/);
    escaped.dispose();
  });
});

describe('what is made for each call', () => {
  it('stays while zeros among the other inputs take free memory', () => {
    const size = 300;
    const compiled = (tf.backend() as unknown as OnnxBackend).compile(([filled], recorder) => {
      const mask = recorder.tensor((moment) => moment as Uint8Array, [size], 'bool');
      const made = recorder.tensor(() => new Float32Array(size).fill(2), [size], 'float32');
      return tf.sum(tf.add(tf.mul(tf.cast(mask, 'float32'), made), filled as tf.Tensor));
    });
    const sums = [1, 2, 3, 4].map((ones) => {
      const moment = new Uint8Array(size).fill(1, 0, ones);
      const zeros = tf.zeros([size]);
      const sum = compiled.run([zeros], moment) as tf.Tensor;
      const found = values(sum)[0];
      tf.dispose([zeros, sum]);
      return found;
    });
    expect(sums).toEqual([2, 4, 6, 8]);
    compiled.dispose();
  });

  it('must be of the type that was asked for', () => {
    const compiled = (tf.backend() as unknown as OnnxBackend).compile((_, recorder) =>
      tf.cast(
        recorder.tensor(() => Float32Array.of(1, 0), [2], 'bool'),
        'float32',
      ),
    );
    expect(() => compiled.run([])).toThrow(/2 numbers of type bool .* got a Float32Array of 2/);
    compiled.dispose();
  });
});
