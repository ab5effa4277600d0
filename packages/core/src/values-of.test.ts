import { cast, dispose, tensor1d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { valuesOf } from './values-of';

it.each([
  ['int32', 'float32', Float32Array],
  ['bool', 'float32', Float32Array],
  ['bool', 'int32', Int32Array],
  ['float32', 'float32', Float32Array],
  ['bool', 'bool', Uint8Array],
] as const)('gives the values of a %s tensor that was cast to %s', async (from, to, kind) => {
  const first = tensor1d([1, 0, 1], from);
  const second = cast(first, to);
  const values = await valuesOf(second);
  expect(values).toBeInstanceOf(kind);
  expect([...values]).toEqual([1, 0, 1]);
  dispose([first, second]);
});
