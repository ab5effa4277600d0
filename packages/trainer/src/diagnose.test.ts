import { memory, scalar, tensor2d } from '@tensorflow/tfjs-core';
import { disposeBatch, foldIn, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { firstNonFinite } from './diagnose';
import { initialParams } from './gradients';
import { jointModel } from './joint-model';
import { sgd } from './optimizers/sgd';
import { disposeState, type TrainState } from './state';
import { contrastive, dotFusion, linearEncoder } from './tiny.testing';

const encoder = linearEncoder('linear', 3);
const options = {
  model: jointModel({ image: encoder, text: encoder, fusion: dotFusion }),
  loss: contrastive,
  optimizer: sgd({ learningRate: 0.1 }),
};

function batchOf(value: number) {
  const rows = () => tensor2d([value, 0, 1, 0, 0, 1, 0, 2], [2, 4]);
  return { size: 2, ids: ['a', 'b'], groups: ['a', 'b'], image: rows(), text: rows() };
}

async function diagnose(value: number, change: Partial<Record<string, number>> = {}) {
  const params = { ...initialParams(options, key(1)) };
  for (const [path, to] of Object.entries(change)) {
    params[path]!.dispose();
    params[path] = scalar(to!);
  }
  const state: TrainState = { step: 0, params, optimizer: {} };
  const batch = batchOf(value);
  const before = memory().numTensors;
  const name = await firstNonFinite(options, state, batch, foldIn(key(1), 0));
  expect(memory().numTensors).toBe(before);
  disposeState(state);
  disposeBatch(batch);
  return name;
}

describe('firstNonFinite', () => {
  it('names the batch, a parameter, a feature or a term, whichever comes first', async () => {
    expect(await diagnose(1)).toBeUndefined();
    expect(await diagnose(Number.NaN)).toBe('image of the batch');
    expect(await diagnose(1, { 'fusion.scale': Infinity })).toBe('parameter fusion.scale');
    expect(await diagnose(3e38)).toMatch(/^features of the image/);
    expect(await diagnose(1, { 'loss.bias': 1e30 })).toBe('loss term penalty');
  });
});
