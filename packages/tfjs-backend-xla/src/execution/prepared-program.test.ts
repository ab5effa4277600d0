import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { findPlugin } from '../plugins/find-plugin';
import { Client } from '../pjrt/client';
import { Plugin } from '../pjrt/plugin';
import { XlaExecutor } from './xla-executor';

const NAME = 'xla-prepared';
const reason = withoutPlugin();
/** Modules that were compiled while JavaScript waited, and while it went on. */
const compiled = { now: 0, later: 0 };

async function makeBackend(devices = 1): Promise<OnnxBackend> {
  Object.assign(compiled, { now: 0, later: 0 });
  const plugin = Plugin.load(findPlugin('cpu'));
  const client = Client.open(plugin, { cpu_device_count: devices }, devices);
  const compiler = {
    ...{ client, precision: 'float32' as const },
    compile(module: string) {
      compiled.now++;
      return client.compile(module);
    },
    compileLater(module: string) {
      compiled.later++;
      return client.compileLater(module);
    },
  };
  const backend = new OnnxBackend({}, new XlaExecutor(compiler));
  registerKernels(NAME);
  tf.registerBackend(NAME, () => backend);
  await tf.setBackend(NAME);
  return backend;
}

/** Many products of different sizes, which take XLA a while. */
const slow = ([x]: readonly unknown[]): tf.Tensor => {
  let y: tf.Tensor = x as tf.Tensor;
  for (let i = 1; i < 25; i++) y = tf.tanh(tf.matMul(y, tf.ones([y.shape[1]!, 5 + i])));
  return tf.sum(y);
};

/** The same with more than the hundred operators from which on a thread is worth it. */
const deep = (x: tf.Tensor): tf.Tensor => {
  let y = slow([x]);
  for (let i = 0; i < 50; i++) y = tf.tanh(tf.add(y, 0.1));
  return y;
};

describe.skipIf(reason !== null)(named('programs that are compiled ahead', reason), () => {
  afterEach(() => {
    if (tf.findBackend(NAME) !== null) tf.removeBackend(NAME);
  });

  it('are compiled while JavaScript goes on, and taken by the run', async () => {
    const backend = await makeBackend();
    const f = backend.compile(slow);
    const x = tf.fill([3, 5], 0.1);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await f.prepare([x]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    const { now } = compiled;
    expect(compiled.later).toBe(1);
    const got = f.run([x]) as tf.Tensor;
    expect(compiled).toEqual({ now, later: 1 });
    await f.prepare([x]);
    expect(compiled.later).toBe(1);
    const want = tf.tidy(() => slow([x]).dataSync());
    expect(got.dataSync()[0]!).toBeCloseTo(want[0]!, 3);
    f.dispose();
  });

  it('are compiled anew where they are another graph, and freed where nobody takes them', async () => {
    const backend = await makeBackend();
    const f = backend.compile(([x]) => tf.exp(x as tf.Tensor));
    const [two, three] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2, 3])];
    await f.prepare([two]);
    await f.prepare([three]);
    expect(compiled.later).toBe(2);
    const { now } = compiled;
    expect((f.run([two]) as tf.Tensor).dataSync()[1]!).toBeCloseTo(Math.exp(2), 4);
    expect(compiled.now).toBe(now + 1);
    expect((f.run([three]) as tf.Tensor).dataSync()[2]!).toBeCloseTo(Math.exp(3), 4);
    expect(compiled.now).toBe(now + 1);
    f.dispose();
  });

  it('are compiled with their constants, though an argument has no numbers yet', async () => {
    const backend = await makeBackend();
    const f = backend.compile(([x]) => tf.mul(x as tf.Tensor, tf.tensor2d([[3], [4]])));
    const x = tf.ones([2, 5000]);
    await f.prepare([x]);
    const { now } = compiled;
    const product = f.run([x]) as tf.Tensor;
    expect([product.dataSync()[0], product.dataSync()[9999]]).toEqual([3, 4]);
    expect(compiled).toEqual({ now, later: 1 });
    f.dispose();
  });

  it('may end after the backend is gone', async () => {
    const backend = await makeBackend();
    const f = backend.compile(slow);
    const preparing = f.prepare([tf.fill([3, 5], 0.1)]);
    tf.removeBackend(NAME);
    await preparing;
    expect(compiled.later).toBe(1);
  });

  it('are compiled ahead for several devices, by what is split among them', async () => {
    const backend = await makeBackend(2);
    const f = backend.compile(slow);
    const x = tf.fill([4, 5], 0.1);
    backend.split(x);
    await f.prepare([x]);
    const { now } = compiled;
    const [got] = (f.run([x]) as tf.Tensor).dataSync();
    expect(compiled).toEqual({ now, later: 1 });
    const y = tf.tidy(() => deep(x));
    await y.data();
    expect(compiled).toEqual({ now, later: 2 });
    const want = tf.tidy(() => slow([tf.fill([4, 5], 0.1)]).dataSync());
    expect(got).toBeCloseTo(want[0]!, 3);
    tf.dispose([x, y]);
    f.dispose();
  });

  it('are compiled for whoever reads later, once', async () => {
    await makeBackend();
    const x = tf.fill([3, 5], 0.1);
    const [y, z] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
      const first = deep(x);
      return [first, tf.add(first, 1)];
    });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { now } = compiled;
    const reads = Promise.all([y.data(), z.data()]);
    // As a program may do that needs only the numbers.
    tf.dispose([y, z]);
    const [[a], [b]] = await reads;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(compiled).toEqual({ now, later: 1 });
    expect(b! - a!).toBeCloseTo(1, 4);
    const again = tf.tidy(() => deep(x));
    expect((await again.data())[0]).toBe(a);
    expect(compiled.later).toBe(2);
    const third = tf.tidy(() => deep(x));
    expect((await third.data())[0]).toBe(a);
    expect(compiled).toEqual({ now, later: 2 });
    tf.dispose([x, again, third]);
  });

  it('are not waited for by whoever reads at once', async () => {
    await makeBackend();
    const x = tf.fill([3, 5], 0.1);
    const y = tf.tidy(() => deep(x));
    const later = y.data();
    const [now] = y.dataSync();
    expect((await later)[0]).toBe(now);
    tf.dispose([x, y]);
  });

  it('leave what fails to whoever reads', async () => {
    await makeBackend();
    const x = tf.fill([3, 5], 0.1);
    const wrong = tf.tidy(() => {
      const index = tf.cast(tf.add(7, tf.abs(deep(x))), 'int32');
      return tf.gather(tf.tensor1d([1, 2]), index);
    });
    await expect(wrong.data()).rejects.toThrow('Indices count from 0');
    tf.dispose([x, wrong]);
  });

  it('may be ready after the backend is gone', async () => {
    await makeBackend();
    const y = tf.tidy(() => deep(tf.fill([3, 5], 0.1)));
    const later = y.data();
    tf.removeBackend(NAME);
    await expect(later).rejects.toThrow('removed');
  });
});
