import { memory, tensor1d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { owned, type TrainState } from './state';

it('a block that owns a state disposes it, and copies of the state do not', () => {
  const before = memory().numTensors;
  {
    const state: TrainState = { step: 1, params: { a: tensor1d([1]) }, optimizer: {} };
    using mine = owned(state);
    expect(mine).toEqual({ step: 1, params: state.params, optimizer: {} });
    expect(Object.getOwnPropertySymbols({ ...mine })).toEqual([]);
    expect(memory().numTensors).toBe(before + 1);
  }
  expect(memory().numTensors).toBe(before);
});
