import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { CPU_ONLY, UNSUPPORTED } from './kernels/cpu-only';
import { KERNELS } from './kernels/table';
import { OnnxBackendError } from './errors';
import { BACKEND_NAME, backendName, registerKernels, registerOnnxBackend } from './registration';
import './register';

const namesOf = (backend: string): string[] =>
  tf.getKernelsForBackend(backend).map((kernel) => kernel.kernelName);

it('has every kernel that tfjs has on its cpu backend', () => {
  const known = new Set(namesOf('onnx'));
  expect(namesOf('cpu').filter((name) => !known.has(name))).toEqual([]);
});

it('accounts for every kernel name of tfjs-core exactly once', () => {
  // They are exported as constants that hold their own name.
  const names = Object.entries(tf).flatMap(([key, value]) => (key === value ? [key] : []));
  expect(names.length).toBeGreaterThan(150);
  const listed = [KERNELS, CPU_ONLY, UNSUPPORTED].flatMap((table) => Object.keys(table));
  expect(listed.sort()).toEqual(names.sort());
});

it('calls unsupported only what tfjs has on its cpu backend neither', () => {
  expect(namesOf('cpu').filter((name) => name in UNSUPPORTED)).toEqual([]);
});

it('registers kernels once, however often it is asked', () => {
  const warn = vi.spyOn(console, 'warn');
  registerKernels();
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

it('names a backend for its provider', () => {
  expect(backendName()).toBe(BACKEND_NAME);
  expect(backendName('cpu')).toBe('onnx');
  expect(backendName('webgpu')).toBe('onnx:webgpu');
  expect(() => registerOnnxBackend({ provider: 'webgl' as 'webgpu' })).toThrow(OnnxBackendError);
});

it('gives each provider all kernels', () => {
  const name = registerOnnxBackend({ provider: 'cuda' });
  expect(name).toBe('onnx:cuda');
  expect(new Set(namesOf(name))).toEqual(new Set(namesOf('onnx')));
  tf.removeBackend(name);
});
