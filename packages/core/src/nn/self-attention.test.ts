import { concat, memory, tidy, tensor2d, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { inference } from '../contracts/context';
import { foldIn, key, normal } from '../keys';
import { mergeParams, type Params } from '../params';
import { expectClose } from '../testing/fixtures';
import { initLinear } from './linear';
import { multiHeadAttention } from './multi-head-attention';
import { selfAttention } from './self-attention';

const layers = ['query', 'key', 'value'] as const;
const sizes = { in: 6, out: 6 };

it('is multi-head attention whose projections stand apart, before the output layer', () => {
  tidy(() => {
    const params = mergeParams(...layers.map((layer) => initLinear(key(0), layer, sizes)));
    const stack = (leaf: string): Tensor =>
      concat(layers.map((layer) => params[`${layer}.${leaf}`]!));
    const identity = tensor2d(eye(6), [6, 6]);
    const joined: Params = {
      'a.in_proj_weight': stack('weight'),
      'a.in_proj_bias': stack('bias'),
      'a.out_proj.weight': identity,
    };
    const x = normal<Rank.R3>(foldIn(key(1), 'x'), [2, 4, 6]);
    const mask = tensor2d([
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    const given = { heads: 3, mask, ctx: inference };
    const names = { query: 'query', key: 'key', value: 'value' };
    expectClose(
      selfAttention(params, 'self', { x, ...names, ...given }),
      multiHeadAttention(joined, 'a', { query: x, ...given }),
    );
  });
});

it('leaks nothing', () => {
  tidy(() => {
    const params = mergeParams(...layers.map((layer) => initLinear(key(0), layer, sizes)));
    const x = normal<Rank.R3>(key(1), [1, 3, 6]);
    const before = memory().numTensors;
    const names = { query: 'query', key: 'key', value: 'value' };
    selfAttention(params, 'self', {
      x,
      ...names,
      heads: 2,
      causal: true,
      ctx: inference,
    }).dispose();
    expect(memory().numTensors).toBe(before);
  });
});

function eye(size: number): number[] {
  return Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}
