import '@crossweave/tfjs-backend-onnx/register';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { jit } from '@crossweave/tfjs-backend-onnx';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary, withoutOwnPages } from '../../test/library';
import { giveBackFreedMemory } from '../openvino/allocator';
import '../register';
import { WeightsFile } from './weights-file';

/** Arrays of 40 MiB: for less than 32 glibc may have a free block, without pages of its own. */
const COUNT = 10 << 20;
/** 40 MiB of weights. */
const SIZE = 3240;
const folders = (): string[] =>
  readdirSync('/dev/shm').filter((name) => name.startsWith(`crossweave-${process.pid}-`));

const noPages = withoutOwnPages();

describe.skipIf(noPages !== null)(named('a file of weights', noPages), () => {
  beforeAll(giveBackFreedMemory);

  it('has every large constant once, at its place, until it is removed', () => {
    const first = Float32Array.from({ length: COUNT }, (_, i) => i);
    const second = Int32Array.from({ length: COUNT + 3 }, (_, i) => -i);
    const small = new Float32Array(10);
    const file = WeightsFile.write([first, null, small, second, first])!;
    const path = file.writeModel(Uint8Array.of(1, 2, 3));
    expect(readFileSync(path)).toEqual(Buffer.from([1, 2, 3]));
    expect(file.placeOf(small)).toBeNull();
    const { location, offset } = file.placeOf(second)!;
    const bytes = readFileSync(path.replace('model.onnx', location));
    expect(bytes.byteLength).toBeLessThan(9 * COUNT);
    expect(bytes.subarray(offset, offset + second.byteLength).equals(bytesOf(second))).toBe(true);
    const { offset: start } = file.placeOf(first)!;
    expect(bytes.subarray(start, start + first.byteLength).equals(bytesOf(first))).toBe(true);
    file.remove();
    expect(existsSync(path)).toBe(false);
    expect([first[5], second[5]]).toEqual([5, -5]);
  });

  it('is not written without a large constant', () => {
    expect(WeightsFile.write([null, new Float32Array(1000)])).toBeNull();
    expect(folders()).toEqual([]);
  });
});

const reason = noPages ?? withoutLibrary();

describe.skipIf(reason !== null)(named('weights of a compiled function', reason), () => {
  it('are in memory once, and stay as they were when their tensor is disposed', async () => {
    await tf.setBackend('onnx:openvino');
    const numbers = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % 7) - 3);
    const weight = tf.tensor2d(numbers, [SIZE, SIZE]);
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
    // The mapping of OpenVINO, which reads, and that of the tensor's array show the same file.
    const mapped = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`/dev/shm/crossweave-${process.pid}-`))
      .map((line) => line.split(/ +/));
    const [reading] = mapped.filter(([, access]) => access!.startsWith('r-'));
    const writable = mapped.filter(([, access]) => access!.startsWith('rw'));
    expect(writable.map((fields) => fields[4])).toContain(reading![4]);
    expect(folders()).toEqual([]);
    expect(bytesOf((await weight.data()) as Float32Array).equals(bytesOf(numbers))).toBe(true);
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

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
