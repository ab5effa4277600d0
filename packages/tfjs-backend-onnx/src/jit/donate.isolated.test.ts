import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend } from '../../test/train';
import '../register';
import { jit } from './jit';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

interface Moments {
  readonly [name: string]: tf.Tensor;
}

/** Adam's moments after a step; each reads an old one after the other's new one may be written. */
const step = ({ m, v }: Moments, g: tf.Tensor): Moments => ({
  m: tf.add(tf.mul(m as tf.Tensor, 0.9), tf.mul(g, 0.1)),
  v: tf.add(tf.mul(v as tf.Tensor, 0.999), tf.mul(tf.square(g), 0.001)),
});

const values = (x: tf.Tensor | undefined): number[] => [...(x as tf.Tensor).dataSync()];
const close = (got: number[], want: number[]): void => {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(want[i] as number, 6));
};

describe('donated tensors that share memory', () => {
  const made: Record<string, () => Moments> = {
    'the same tensor': () => {
      const z = tf.zeros([2]);
      return { m: z, v: z };
    },
    'a tensor and its clone': () => {
      const z = tf.zeros([2]);
      return { m: z, v: z.clone() };
    },
    'a computed tensor and its clone': () => {
      const z = tf.tidy(() => tf.sub(tf.tensor1d([1, 2]), tf.tensor1d([1, 2])));
      z.dataSync();
      return { m: z, v: z.clone() };
    },
    'a tensor reshaped there and back': () => {
      const z = tf.tidy(() => tf.mul(tf.range(0, 2), 0));
      const square = tf.reshape(z, [1, 2]);
      const back = tf.reshape(square, [2]);
      square.dispose();
      return { m: z, v: back };
    },
    'a tensor and all of it, sliced': () => {
      const z = tf.tidy(() => tf.mul(tf.range(0, 2), 0));
      z.dataSync();
      const square = tf.reshape(z, [1, 2]);
      const row = tf.tidy(() => tf.reshape(tf.slice(square, [0, 0], [1, 2]), [2]));
      square.dispose();
      return { m: z, v: row };
    },
    'a result that came twice': () => {
      const twice = jit((x: tf.Tensor) => {
        const y = tf.mul(x, 0);
        return { m: y, v: y };
      });
      return twice(tf.tensor1d([3, 4]));
    },
  };

  it.each(Object.entries(made))('are not written over: %s', (_, make) => {
    const run = jit(step, { donate: [0] });
    const g = tf.tensor1d([3, -2]);
    for (let call = 0; call < 3; call++) {
      const given = make();
      const { m, v } = run(given, g);
      close(values(m), [0.3, -0.2]);
      close(values(v), [0.009, 0.004]);
      tf.dispose([m, v, given]);
    }
    run.dispose();
    g.dispose();
  });

  it('keep their values for those who hold them otherwise', () => {
    const held = tf.tidy(() => tf.add(tf.range(0, 300), 1));
    const inside = tf.tidy(() => tf.add(tf.range(0, 300), 2));
    const run = jit((x: tf.Tensor, y: tf.Tensor) => [tf.add(x, inside), tf.mul(x, y), y], {
      donate: [0],
    });
    for (let call = 0; call < 3; call++) {
      // A donated argument that is another argument, a captured tensor, and held outside.
      const argument = held.clone();
      const [sum, product, passed] = run(argument, held) as [tf.Tensor, tf.Tensor, tf.Tensor];
      expect(argument.isDisposed).toBe(true);
      expect(values(sum).slice(0, 3)).toEqual([3, 5, 7]);
      expect(values(product).slice(0, 3)).toEqual([1, 4, 9]);
      expect(values(passed).slice(0, 3)).toEqual([1, 2, 3]);
      const [own] = run(inside.clone(), held) as [tf.Tensor];
      expect(values(own).slice(0, 3)).toEqual([4, 6, 8]);
      expect(values(inside).slice(0, 3)).toEqual([2, 3, 4]);
      expect(values(held).slice(0, 3)).toEqual([1, 2, 3]);
    }
  });

  it('are written over when they share nothing, so that no memory is added', () => {
    const run = jit((x: tf.Tensor) => tf.add(x, 1), { donate: [0] });
    let x: tf.Tensor = tf.tidy(() => tf.add(tf.zeros([5000]), 0.5));
    x.dataSync();
    for (let call = 0; call < 4; call++) {
      x = run(x);
      const { numBytesHeld, numBytesPooled } = backend().memory();
      if (call > 0) expect(numBytesPooled).toBeLessThanOrEqual(numBytesHeld + 20_000);
    }
    expect(values(x).slice(0, 2)).toEqual([4.5, 4.5]);
  });
});
