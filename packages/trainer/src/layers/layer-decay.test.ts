import { ConfigError, foldIn, key, type Optimizer, type Params } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { initialParams } from '../gradients';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { sgd } from '../optimizers/sgd';
import { warmupCosine } from '../schedules/warmup';
import { disposeReplaced, disposeState, type TrainState } from '../state';
import { trainStep } from '../step';
import { contrastive, dotFusion, vectorSource } from '../tiny.testing';
import { layeredEncoder, stagedEncoder } from '../towers.testing';
import { layerDecay } from './layer-decay';

const model = jointModel({ image: stagedEncoder, text: layeredEncoder, fusion: dotFusion });

it('falls from the head, which keeps its rate, to the embeddings', () => {
  const scale = layerDecay(model, { text: 0.5, image: 0.1 });
  const scales = {
    'text.layernorm.weight': 1,
    'text.encoder.layer.1.dense.weight': 0.5,
    'text.encoder.layer.0.dense.bias': 0.25,
    'text.embeddings.projection.weight': 0.125,
    'image.layer2.0.conv1.weight': 0.1,
    'image.layer1.0.bn1.weight': 0.1 ** 2,
    'image.conv1.weight': 0.1 ** 3,
    'fusion.scale': 1,
    'loss.bias': 1,
  };
  for (const [path, expected] of Object.entries(scales)) {
    expect(scale(path), path).toBeCloseTo(expected, 12);
  }
});

/** How far the entries of each parameter move at most in each of three steps under a schedule. */
async function movements(optimizer: Optimizer): Promise<Record<string, number[]>> {
  const options = { model, loss: contrastive, optimizer };
  const params = initialParams(options, foldIn(key(1), 'init'));
  let state: TrainState = { step: 0, params, optimizer: optimizer.init(params) };
  const moved: Record<string, number[]> = {};
  for await (const batch of vectorSource(12).batches(0)) {
    const { state: next, ...figures } = trainStep(options, state, batch, key(state.step));
    for (const path of Object.keys(params)) {
      (moved[path] ??= []).push(distance(state.params, next.params, path));
    }
    for (const scalar of [figures.total, figures.gradientNorm, ...Object.values(figures.terms)]) {
      scalar.dispose();
    }
    disposeReplaced(state, next);
    state = next;
    for (const side of [batch.image, batch.text]) side.dispose();
  }
  disposeState(state);
  return moved;
}

function distance(before: Params, after: Params, path: string): number {
  const [a, b] = [before[path]!.dataSync(), after[path]!.dataSync()];
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

describe('acts on every step, whatever the schedule', () => {
  const schedule = warmupCosine({ warmup: 2, steps: 4 });
  const rateScale = layerDecay(model, { text: 0.5 });

  // The first step starts from the same parameters, so its gradients are the same.
  it('of SGD', async () => {
    const plain = await movements(sgd({ learningRate: 0.1, schedule }));
    const decayed = await movements(sgd({ learningRate: 0.1, schedule, rateScale }));
    const ratio = (path: string): number => decayed[path]![0]! / plain[path]![0]!;
    expect(ratio('text.embeddings.projection.weight')).toBeCloseTo(0.125, 3);
    expect(ratio('text.encoder.layer.0.dense.weight')).toBeCloseTo(0.25, 3);
    expect(ratio('text.encoder.layer.1.dense.weight')).toBeCloseTo(0.5, 3);
    expect(ratio('text.layernorm.weight')).toBeCloseTo(1, 3);
    expect(ratio('image.conv1.weight')).toBeCloseTo(1, 3);
  });

  it('of AdamW, whose steps are as large as the rate', async () => {
    const options = { learningRate: 1e-3, weightDecay: 0, epsilon: 1e-12, schedule, rateScale };
    const moved = await movements(adamW(options));
    // Warm-up gives half the rate at the first step.
    const first = (path: string): number => moved[path]![0]! / 0.5e-3;
    expect(first('text.embeddings.projection.weight')).toBeCloseTo(0.125, 2);
    expect(first('text.encoder.layer.0.dense.weight')).toBeCloseTo(0.25, 2);
    expect(first('text.encoder.layer.1.dense.weight')).toBeCloseTo(0.5, 2);
    const perStep = moved['text.encoder.layer.1.dense.weight']!;
    expect(perStep).toHaveLength(3);
    expect(perStep[1]! / perStep[0]!).toBeGreaterThan(1.2);
  });
});

it('refuses what would do nothing', () => {
  const decay = (decays: Parameters<typeof layerDecay>[1]) => () => layerDecay(model, decays);
  expect(decay({ texts: 0.9 })).toThrow(ConfigError);
  expect(decay({ texts: 0.9 })).toThrow(/no layers lie under "texts"/);
  for (const wrong of [0, 1.1, NaN, -1]) {
    expect(decay({ text: wrong })).toThrow(/"text" has a value that is not allowed.*in \(0, 1\]/);
  }
  expect(decay({ text: 1 })()('text.embeddings.projection.weight')).toBe(1);
  expect(decay({ fusion: { decay: 0.5, layerOf: () => [0] } })()('fusion.scale')).toBe(0.5);
});
