import { expect, it } from 'vitest';
import { loadRuntime } from './runtime';

it('loads the native library once', () => {
  const runtime = loadRuntime();
  expect(loadRuntime()).toBe(runtime);
  expect(new runtime.Tensor('float32', Float32Array.of(1, 2), [2]).data).toEqual(
    Float32Array.of(1, 2),
  );
});
