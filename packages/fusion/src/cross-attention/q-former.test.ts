import { key, type Fusion } from '@crossweave/core';
import { testFusion } from '@crossweave/core/testing';
import { tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { qFormer } from './q-former';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, queries: 3, chunk: 4 };
const runner = { describe, it };
testFusion(() => qFormer({ ...small, dropout: 0.2 }), runner);
testFusion(() => qFormer({ ...small, layers: 1, positions: false }), runner);
testFusion(() => qFormer({ ...small, layers: 3, crossEvery: 1 }), runner);

const paths = (fusion: Fusion): string[] =>
  tidy(() => Object.keys(fusion.init(key(0), { dim: 6, tokens: 3 }, { dim: 4, tokens: 'varies' })));

it('has as many queries as it is told, all of one width', () =>
  tidy(() => {
    const params = qFormer({ ...small, queries: 5 }).init(
      key(0),
      { dim: 6, tokens: 3 },
      { dim: 4, tokens: 'varies' },
    );
    expect(params['query_tokens']!.shape).toEqual([1, 5, 8]);
  }));

it('attends to the image in every second layer, or as often as it is told', () => {
  const layersWith = (crossEvery?: number): string[] =>
    paths(qFormer({ ...small, layers: 4, ...(crossEvery !== undefined && { crossEvery }) }))
      .filter((path) => path.endsWith('multihead_attn.in_proj_weight'))
      .map((path) => path.split('.')[1]!);
  expect(layersWith()).toEqual(['0', '2']);
  expect(layersWith(1)).toEqual(['0', '1', '2', '3']);
  expect(layersWith(3)).toEqual(['0', '3']);
});

it('has a feed-forward network for queries in every layer and for text in all but the last', () => {
  const own = paths(qFormer(small)).filter((path) => path.endsWith('linear1.weight'));
  expect(own.sort()).toEqual([
    'layers.0.linear1.weight',
    'layers.0.query.linear1.weight',
    'layers.1.query.linear1.weight',
  ]);
});
