import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import { ArrayPool } from './pool';
import type { Provider } from '../providers';
import '../register';
import { HostMemory } from './host-memory';
import { openMemory } from './open-memory';

const attempt = (provider: Provider): unknown => {
  try {
    return openMemory(provider, new ArrayPool(0));
  } catch (error) {
    return error;
  }
};

async function expectCpuGoesOn(): Promise<void> {
  await tf.setBackend('onnx');
  const sum = tf.add(tf.scalar(1), 2);
  expect([...sum.dataSync()]).toEqual([3]);
  sum.dispose();
}

it('keeps values in arrays on the cpu', () => {
  expect(openMemory('cpu', new ArrayPool(0))).toBeInstanceOf(HostMemory);
});

it('starts on CUDA, or says what to install', async () => {
  const outcome = attempt('cuda');
  if (outcome instanceof HostMemory) {
    expect(outcome.sessionOptions()).toEqual({ executionProviders: ['cuda'] });
  } else {
    expect(outcome).toBeInstanceOf(OnnxBackendError);
    expect(outcome).toMatchObject({
      code: 'provider',
      message: expect.stringMatching(
        /^The provider "cuda" .*ONNXRUNTIME_NODE_INSTALL=cuda12/,
      ) as string,
    });
  }
  await expectCpuGoesOn();
});
