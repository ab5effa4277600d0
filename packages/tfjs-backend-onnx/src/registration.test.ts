import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { CPU_ONLY } from './kernels/cpu-only';
import { KERNELS } from './kernels/table';
import { registerKernels } from './registration';
import './register';

const namesOf = (backend: string): string[] =>
  tf.getKernelsForBackend(backend).map((kernel) => kernel.kernelName);

it('has every kernel that tfjs has on its cpu backend', () => {
  const known = new Set(namesOf('onnx'));
  expect(namesOf('cpu').filter((name) => !known.has(name))).toEqual([]);
});

it('lists each kernel once', () => {
  expect(CPU_ONLY.filter((name) => name in KERNELS)).toEqual([]);
  expect(new Set(CPU_ONLY).size).toBe(CPU_ONLY.length);
});

it('registers kernels once, however often it is asked', () => {
  const warn = vi.spyOn(console, 'warn');
  registerKernels();
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
