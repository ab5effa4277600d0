import * as tf from '@tensorflow/tfjs-core';
import type { OnnxBackendOptions } from '../src';
import { OnnxBackend, createOnnxBackend } from '../src';

export function backend(): OnnxBackend {
  const found: object = tf.backend();
  if (found instanceof OnnxBackend) return found;
  throw new Error(`The backend is ${tf.getBackend()}.`);
}

/** Two layers trained by plain SGD; returns the losses. Everything but them is disposed of. */
export async function train(
  steps: number,
  rate: (step: number) => number,
  batch = 8,
): Promise<number[]> {
  const x = tf.randomNormal([batch, 6], 0, 1, 'float32', 3);
  const y = tf.randomNormal([batch, 2], 0, 1, 'float32', 4);
  let weights = [
    tf.randomNormal([6, 16], 0, 0.5, 'float32', 1),
    tf.randomNormal([16, 2], 0, 0.5, 'float32', 2),
  ];
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const [loss, ...next] = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => {
        const hidden = tf.relu(tf.matMul(x as tf.Tensor2D, a as tf.Tensor2D));
        const out = tf.matMul(hidden, b);
        return tf.mean(tf.squaredDifference(out, y));
      })(weights);
      return [
        value,
        ...weights.map((w, i) => tf.sub(w, tf.mul(grads[i] as tf.Tensor, rate(step)))),
      ];
    });
    tf.dispose(weights);
    weights = next;
    losses.push(((await loss.data()) as Float32Array)[0] as number);
    tf.dispose(loss);
  }
  tf.dispose([x, y, ...weights]);
  return losses;
}

/** Runs under a backend of these options, with all kernels of `onnx`. */
export async function withBackend(
  options: OnnxBackendOptions,
  run: () => void | Promise<void>,
): Promise<void> {
  const name = 'onnx-under-test';
  tf.registerBackend(name, () => createOnnxBackend(options));
  for (const kernel of tf.getKernelsForBackend('onnx')) {
    tf.registerKernel({ ...kernel, backendName: name });
  }
  await tf.setBackend(name);
  try {
    await run();
  } finally {
    await tf.setBackend('onnx');
    for (const { kernelName } of tf.getKernelsForBackend(name)) {
      tf.unregisterKernel(kernelName, name);
    }
    tf.removeBackend(name);
  }
}
