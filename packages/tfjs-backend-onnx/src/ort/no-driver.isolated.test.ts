import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createOnnxBackend } from '../index';
import '../register';
import { openMemory } from './open-memory';
import { ArrayPool } from './pool';

// In a process of its own: where the machine has a driver, WebGPU stays with the one it has found first.
// Outside of Linux the driver is part of the system.
it.runIf(process.platform === 'linux')('says so when WebGPU finds no driver', async () => {
  process.env['VK_ICD_FILENAMES'] = '/no/driver.json';
  process.env['VK_DRIVER_FILES'] = '/no/driver.json';
  expect(() => openMemory('webgpu', new ArrayPool(0))).toThrow(
    expect.objectContaining({ name: 'OnnxBackendError', code: 'provider' }) as Error,
  );
  expect(() => createOnnxBackend({ provider: 'webgpu' })).toThrow(
    /^The provider "webgpu" does not start on linux-\w+: .*driver for Vulkan/,
  );
  await tf.setBackend('onnx');
  const sum = tf.add(tf.scalar(1), 2);
  expect([...sum.dataSync()]).toEqual([3]);
  sum.dispose();
});
