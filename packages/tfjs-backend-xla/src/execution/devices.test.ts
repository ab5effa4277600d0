import type { OnnxBackend } from '@crossweave/tfjs-backend-onnx/graph';
import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { XlaBackendError } from '../errors';
import { lowerPlan } from '../lowering/lower-plan';
import { Client } from '../pjrt/client';
import { Plugin } from '../pjrt/plugin';
import { findPlugin } from '../plugins/find-plugin';
import { createXlaBackend, registerXlaBackend } from '../registration';

const reason = withoutPlugin();
const DEVICES = 4;

/** A client of virtual devices. */
const clientOf = (devices: number): Client =>
  Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: devices }, devices);

describe.skipIf(reason !== null)(named('several devices', reason), () => {
  const name = reason === null ? registerXlaBackend({ devices: DEVICES, programFolder: null }) : '';
  const engine = (): OnnxBackend => tf.backend() as unknown as OnnxBackend;
  beforeEach(async () => {
    await tf.setBackend(name);
  });
  afterAll(() => tf.removeBackend(name));

  it('compute with parts of a tensor, and read it back', () => {
    expect(engine().devices).toBe(DEVICES);
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [8, 1]);
    engine().split(x);
    engine().split(x);
    const sums = tf.tidy(() => tf.add(tf.sum(tf.square(x)), tf.max(x)).dataSync());
    expect([...sums]).toEqual([212]);
    const isLargest = tf.tidy(() => {
      const y = tf.add(tf.mul(x, x), 1);
      const own = tf.cast(tf.equal(y, tf.max(y, 0, true)), 'int32');
      return [...tf.argMax(y, 0).dataSync(), ...own.dataSync()];
    });
    expect(isLargest).toEqual([7, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...x.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    x.dispose();
  });

  it('take what is on them already apart', async () => {
    const y = tf.tidy(() => tf.exp(tf.linspace(0, 1, 4096)));
    const want = Float32Array.from(await y.data());
    const onDevice = (): number =>
      (tf.memory() as unknown as Record<string, number>)['numBytesOnDevice']!;
    const whole = onDevice();
    engine().split(y);
    const [sum] = tf.tidy(() => tf.sum(y).dataSync());
    // The sum is on each device too.
    expect(whole - onDevice()).toBe((DEVICES - 1) * 4 * 4096 - DEVICES * 4);
    expect(sum! / want.reduce((total, value) => total + value)).toBeCloseTo(1, 5);
    expect(await y.data()).toEqual(want);
    y.dispose();
  });

  it('refuse a tensor that does not divide', () => {
    const x = tf.zeros([6, 2]);
    expect(() => engine().split(x)).toThrow(
      'A tensor of shape [6,2] does not split among 4 devices: expected a first axis that is a multiple of 4.',
    );
    x.dispose();
  });

  it('refuse an index that is outside, as one does', () => {
    const x = tf.tensor2d([1, 2, 3, 4], [4, 1]);
    engine().split(x);
    const at = tf.tidy(() => tf.cast(tf.add(tf.tensor1d([0, 4]), 0), 'int32'));
    const picked = tf.gather(x, at);
    expect(() => picked.dataSync()).toThrow('Gather: an index is outside of [4]');
    tf.dispose([x, at, picked]);
  });

  it('take statistics of batch norm over the whole batch', () => {
    const x = tf.tensor2d([0, 2, 4, 10], [4, 1]);
    engine().split(x);
    const { mean, variance } = tf.moments(x, 0);
    expect([...mean.dataSync(), ...variance.dataSync()]).toEqual([4, 14]);
    tf.dispose([x, mean, variance]);
  });

  it('need less memory each', () => {
    const [B, D] = [512, 64];
    const [x, w] = [leaf([B, D], 'float32'), leaf([D, D], 'float32')];
    const hidden = new Node('MatMul', [x, w], [B, D], 'float32');
    const exp = new Node('Exp', [hidden], [B, D], 'float32');
    const gradient = new Node('FusedMatMul', [x, exp], [D, D], 'float32', { transA: 1 });
    const plan = makePlan([hidden, exp, gradient], [gradient]);
    const bytes = [1, DEVICES].map((devices) => {
      const client = clientOf(devices);
      const isSplit = [devices > 1, false];
      const { text } = lowerPlan(plan, [null, null], { devices, isSplit });
      const program = client.compile(text);
      const { inputs, between } = program.memory;
      program.destroy();
      client.destroy();
      return { inputs, between };
    }) as [Record<'inputs' | 'between', number>, Record<'inputs' | 'between', number>];
    expect(bytes[0].inputs).toBe(4 * (B * D + D * D));
    expect(bytes[1].inputs).toBe(4 * ((B * D) / DEVICES + D * D));
    expect(bytes[1].between).toBeLessThan(bytes[0].between / 2);
  });

  it('are as many as were asked for, or none', () => {
    expect(() => clientOf(3).destroy()).not.toThrow();
    const few = (): unknown =>
      Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: 1 }, 2);
    expect(few).toThrow(XlaBackendError);
    expect(few).toThrow(/has 1 devices; expected at least 2\. Ask for fewer devices\.$/);
  });
});

describe.skipIf(reason !== null)(named('products in bf16', reason), () => {
  it('round their operands, and neither sums nor anything else', async () => {
    const name = registerXlaBackend({ precision: 'bf16', programFolder: null });
    expect(name).toBe('xla:cpu-bf16');
    await tf.setBackend(name);
    tf.tidy(() => {
      // 257 has 9 bits: bf16 makes 256 of it. The sum of 300 ones needs float32.
      const row = tf.fill([1, 300], 1);
      const column = tf.tensor2d([257, ...new Array<number>(299).fill(1)], [300, 1]);
      expect(tf.matMul(row, column).dataSync()[0]).toBe(256 + 299);
      expect(tf.sum(column).dataSync()[0]).toBe(257 + 299);
      const image = tf.fill<tf.Rank.R4>([1, 2, 2, 1], 257);
      const kernel = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
      expect(tf.conv2d(image, kernel, 1, 'valid').dataSync()[0]).toBe(1024);
    });
    tf.removeBackend(name);
  });

  it('are refused on devices that have none, and precisions that there are not', () => {
    expect(() => createXlaBackend({ precision: 'tf32' })).toThrow(
      'precision "tf32" is for the platform cuda; got cpu',
    );
    expect(() => createXlaBackend({ precision: 'int4' as never })).toThrow(
      'precision must be "float32" | "tf32" | "bf16"; got "int4"',
    );
  });
});
