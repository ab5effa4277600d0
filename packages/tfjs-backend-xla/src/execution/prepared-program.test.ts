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

async function makeBackend(): Promise<OnnxBackend> {
  Object.assign(compiled, { now: 0, later: 0 });
  const client = Client.open(Plugin.load(findPlugin('cpu')));
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

  it('may end after the backend is gone', async () => {
    const backend = await makeBackend();
    const f = backend.compile(slow);
    const preparing = f.prepare([tf.fill([3, 5], 0.1)]);
    tf.removeBackend(NAME);
    await preparing;
    expect(compiled.later).toBe(1);
  });
});
