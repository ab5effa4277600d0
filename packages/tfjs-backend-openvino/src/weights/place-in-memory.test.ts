import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary } from '../../test/library';
import '../register';
import { placeInMemory } from './place-in-memory';

const reason = withoutLibrary();
const SIZE = 256;

describe.skipIf(reason !== null)(named('constants in memory', reason), () => {
  it('are placed by address from 64 KiB on, and into the model below', () => {
    const large = new Float32Array(2 ** 15).subarray(2 ** 14);
    expect(placeInMemory(large)?.location).toBe('*/_ORT_MEM_ADDR_/*');
    const whole = placeInMemory(new Float32Array(large.buffer));
    expect(placeInMemory(large)!.offset - whole!.offset).toBe(2 ** 16);
    expect(placeInMemory(new Float32Array(2 ** 14 - 1))).toBeNull();
  });

  it('keep their numbers when the tensors are disposed and their memory is used again', async () => {
    await tf.setBackend('onnx:openvino');
    const numbers = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % 7) - 3);
    const weight = tf.tidy(() => tf.mul(tf.tensor2d(numbers, [SIZE, SIZE]), 1));
    await weight.data();
    const encode = jit((x: tf.Tensor2D) => tf.matMul(x, weight), { bake: true });
    const row = tf.ones<tf.Rank.R2>([2, SIZE]);
    const run = async (): Promise<number[]> => {
      const result = encode(row);
      const values = [...(await result.data())];
      result.dispose();
      return values;
    };
    const first = await run();
    expect(first[1]).toBe(
      numbers.reduce((sum, value, i) => (i % SIZE === 1 ? sum + value : sum), 0),
    );
    // The second call is traced too, and compared with the first.
    expect(await run()).toEqual(first);
    weight.dispose();
    // Of the weight's size, so that it takes the weight's memory.
    const other = tf.tidy(() => tf.add(tf.zeros([SIZE, SIZE]), tf.range(0, SIZE)));
    await other.data();
    expect(await run()).toEqual(first);
    tf.dispose([other, row]);
    encode.dispose();
  });
});
