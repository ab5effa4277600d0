import { expect, it } from 'vitest';
import { loadRuntime, runtimeFolder } from './runtime';

it('loads the native library once', () => {
  const runtime = loadRuntime();
  expect(loadRuntime()).toBe(runtime);
  expect(new runtime.Tensor('float32', Float32Array.of(1, 2), [2]).data).toEqual(
    Float32Array.of(1, 2),
  );
});

it.each([
  ['is absent', undefined, '../onnxruntime'],
  ['is of another release', '1.31.0', '../onnxruntime'],
  ['is of the same release', '1.30.0', 'onnxruntime-node'],
])(
  'takes the right copy where the own onnxruntime-node of a program %s',
  (_, version, expected) => {
    const load = (name: string): unknown => {
      if (name === 'onnxruntime-common') return { env: { versions: { common: '1.30.0' } } };
      if (version === undefined) throw new Error(`Cannot find module '${name}'`);
      return { version };
    };
    expect(runtimeFolder(load as NodeJS.Require)).toBe(expected);
  },
);
