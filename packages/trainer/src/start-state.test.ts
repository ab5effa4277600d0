import { memory, scalar, tensor2d } from '@tensorflow/tfjs-core';
import { StateDictError, disposeParams, key, normal, type Params } from '@crossweave/core';
import { expect, it } from 'vitest';
import { jointModel } from './joint-model';
import { withLora } from './lora/with-lora';
import { adamW } from './optimizers/adamw';
import { startState } from './start-state';
import { disposeState } from './state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';
import { layeredEncoder } from './towers.testing';

const options = {
  model: jointModel({
    image: linearEncoder('linear', 3),
    text: linearEncoder('linear', 3),
    fusion: dotFusion,
  }),
  ...{ loss: contrastive, optimizer: adamW(), data: vectorSource(8), steps: 1, key: key(1) },
};

it('begins with the parts that are given, and draws the others as it would without', () => {
  const before = memory().numTensors;
  const weight = normal(key(9), [4, 3]);
  const mean = scalar(0.5);
  const plain = startState(options);
  const state = startState({
    ...options,
    initial: { 'text.weight': weight, 'text.running_mean': mean },
  });
  const read = (params: Params, path: string): number[] => [...params[path]!.dataSync()];
  expect(read(state.params, 'text.weight')).toEqual([...weight.dataSync()]);
  expect(state.params['text.weight']).not.toBe(weight);
  expect(read(state.params, 'image.weight')).toEqual(read(plain.params, 'image.weight'));
  expect(Object.keys(state.params)).toEqual(Object.keys(plain.params));
  [plain, state].forEach(disposeState);
  [weight, mean].forEach((tensor) => tensor.dispose());
  expect(memory().numTensors).toBe(before);
});

it('refuses a part of which some is missing, unless it may be', () => {
  const initial = { 'text.weight': normal(key(9), [4, 3]) };
  const before = memory().numTensors;
  expect(() => startState({ ...options, initial })).toThrow(StateDictError);
  expect(() => startState({ ...options, initial })).toThrow(
    /train, initial.*missing \(1\): text\.running_mean/s,
  );
  const state = startState({ ...options, initial, ignoreMissing: ['text.running_*'] });
  expect(state.params['text.running_mean']!.dataSync()[0]).toBe(0);
  disposeState(state);
  expect(memory().numTensors).toBe(before);
  disposeParams(initial);
});

it('draws the adapters that a checkpoint of the plain encoder lacks', () => {
  const plain = jointModel({ image: layeredEncoder, text: layeredEncoder, fusion: dotFusion });
  const text = withLora(layeredEncoder, { rank: 2, alpha: 1, targets: ['encoder.layer.*.dense'] });
  const adapted = jointModel({ image: layeredEncoder, text, fusion: dotFusion });
  const initial = plain.init(key(3));
  const state = startState({ ...options, model: adapted, initial });
  expect(Object.keys(state.params).filter((path) => path.includes('lora_A'))).toHaveLength(2);
  disposeState(state);
  disposeParams(initial);
});

it('leaves nothing behind where the optimizer refuses the parameters', () => {
  const before = memory().numTensors;
  const optimizer = adamW({ learningRate: { 'images.': 1 } });
  expect(() => startState({ ...options, optimizer })).toThrow(/images\./);
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
