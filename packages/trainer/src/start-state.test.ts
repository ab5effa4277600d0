import { memory, scalar, tensor2d } from '@tensorflow/tfjs-core';
import { StateDictError, disposeParams, key, normal, type Params } from '@crossweave/core';
import { expect, it } from 'vitest';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { startState } from './start-state';
import { disposeState } from './state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';

const options = {
  model: jointModel({
    image: linearEncoder('linear', 3),
    text: linearEncoder('linear', 3),
    fusion: dotFusion,
  }),
  ...{ loss: contrastive, optimizer: adamW(), data: vectorSource(8), steps: 1, key: key(1) },
};

it('begins with what is given, and draws the rest as it would without', () => {
  const before = memory().numTensors;
  const weight = normal(key(9), [4, 3]);
  const plain = startState(options);
  const state = startState({ ...options, initial: { 'text.weight': weight } });
  const read = (params: Params, path: string): number[] => [...params[path]!.dataSync()];
  expect(read(state.params, 'text.weight')).toEqual([...weight.dataSync()]);
  expect(state.params['text.weight']).not.toBe(weight);
  expect(read(state.params, 'image.weight')).toEqual(read(plain.params, 'image.weight'));
  expect(Object.keys(state.params)).toEqual(Object.keys(plain.params));
  [plain, state].forEach(disposeState);
  weight.dispose();
  expect(memory().numTensors).toBe(before);
});

it('refuses parameters without a place, and leaves nothing behind', () => {
  const initial = { 'text.weights': scalar(1), 'image.weight': tensor2d([[1]]) };
  const before = memory().numTensors;
  const start = () => startState({ ...options, initial });
  expect(start).toThrow(StateDictError);
  expect(start).toThrow(/unexpected \(1\): text\.weights.*wrong shape \(1\): image\.weight/s);
  expect(memory().numTensors).toBe(before);
  disposeParams(initial);
});
