import { memory, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import '@crossweave/tfjs-backend-onnx/register';
import { adoptTensor } from './adopt-tensor';

afterEach(async () => {
  await setBackend('cpu');
});

describe.each(['cpu', 'onnx'])('on %s', (engine) => {
  it('keeps the very array', async () => {
    await setBackend(engine);
    const values = new Float32Array(1000).fill(2);
    const before = memory().numTensors;
    const tensor = adoptTensor(values, [10, 100], 'float32');
    // A copy would not see this; that is why nobody may do it.
    values[0] = 5;
    expect([tensor.shape, tensor.dtype, tensor.dataSync()[0]]).toEqual([[10, 100], 'float32', 5]);
    tensor.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('knows every type', async () => {
    await setBackend(engine);
    const whole = adoptTensor(Int32Array.of(7), [], 'int32');
    const truth = adoptTensor(Uint8Array.of(1, 0), [2], 'bool');
    expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 7]);
    expect([truth.dtype, ...truth.dataSync()]).toEqual(['bool', 1, 0]);
    [whole, truth].forEach((tensor) => tensor.dispose());
  });
});
