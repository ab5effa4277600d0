import {
  matMul,
  memory,
  mul,
  ones,
  sum,
  tidy,
  type Rank,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine';
import type { Encoder } from '../contracts/encoder';
import type { PooledFeatures } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { foldIn, normal } from '../keys';
import { initLinear, linear } from '../nn';
import { mergeParams, parameter } from '../params';
import { testOptions } from '../testing';
import { encoderCost, fusionCost } from './cost';

/** Summaries projected to width 4, one product a pair. */
const projected: Fusion<PooledFeatures> = {
  name: 'projected',
  family: 'late',
  scoring: 'separable',
  reads: 'pooled',
  init: (key, image, text) =>
    mergeParams(
      initLinear(key, 'image', { in: image.dim, out: 4, bias: false }),
      initLinear(key, 'text', { in: text.dim, out: 4, bias: false }),
    ),
  fuse: (params, image, text) => {
    const joint = mul<Tensor2D>(
      linear(params, 'image', image.pooled),
      linear(params, 'text', text.pooled),
    );
    return { joint, match: sum(joint, 1) };
  },
  score: (params, image, text) =>
    matMul(linear(params, 'image', image.pooled), linear(params, 'text', text.pooled), false, true),
};

const specs = { image: { dim: 8, tokens: 3 }, text: { dim: 6, tokens: 'varies' } } as const;

it('tells parameters, the operations of a pair, and those of scoring a pair among many', () => {
  const before = memory().numTensors;
  expect(fusionCost(projected, { ...specs, grid: 10 })).toEqual({
    parameters: 4 * (8 + 6),
    // Two projections, four products, their sum.
    flops: 2 * 4 * (8 + 6) + 4 + 4,
    // Ten projections of either side, a product of width 4 for each of a hundred pairs.
    scoringFlops: (10 * 2 * 4 * (8 + 6)) / 100 + 2 * 4,
  });
  expect(memory().numTensors).toBe(before);
});

it('is the same on every engine', async () => {
  const costs = [];
  for (const engine of ['cpu', 'wasm', 'onnx'] as const) {
    await useEngine(engine);
    costs.push(fusionCost(projected, specs));
  }
  await useEngine('cpu');
  expect(costs).toEqual([costs[0], costs[0], costs[0]]);
});

it('runs token by token, in the number asked for, and does without tokens', () => {
  const seen: (number | undefined)[] = [];
  const spy: Fusion = {
    ...projected,
    fuse: (params, image, text, ctx) => {
      seen.push(image.tokens.shape[1], text.tokens.shape[1]);
      return projected.fuse(params, image, text, ctx);
    },
  };
  fusionCost(spy, { ...specs, textTokens: 5 });
  expect(seen).toEqual([3, 5]);
  const summaries = { image: { dim: 8, tokens: 0 }, text: { dim: 6, tokens: 0 } };
  expect(fusionCost(projected, summaries).parameters).toBe(56);
  expect(() => fusionCost(projected, { ...specs, textTokens: 0 })).toThrow(/"textTokens"/);
});

it('tells the operations a row of an encoder, whatever the rows of the input', () => {
  const encoder: Encoder<Tensor2D, PooledFeatures> = {
    name: 'linear',
    features: { dim: 3, tokens: 0 },
    init: (key) => ({ weight: normal(foldIn(key, 'weight'), [5, 3]) }),
    apply: (params, input) => ({ pooled: matMul(input, parameter<Tensor2D>(params, 'weight')) }),
  };
  tidy(() => {
    for (const rows of [1, 4]) {
      const input = ones<Rank.R2>([rows, 5]);
      expect(encoderCost(encoder, input)).toEqual({ parameters: 15, flops: 2 * 5 * 3 });
    }
  });
});

testOptions(
  'fusionCost',
  (options) => fusionCost(projected, options),
  { describe, it },
  { required: specs },
);
