import { tidy } from '@tensorflow/tfjs-core';
import { key, type FeatureSpec, type Fusion } from '@crossweave/core';
import { testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { singleStream } from '../early/single-stream';
import { mergedAttention } from './merged-attention';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => mergedAttention({ ...small, dropout: 0.2 }), runner);
testFusion(
  () =>
    mergedAttention({ ...small, layers: 1, summary: 'mean', normFirst: true, positions: false }),
  runner,
);

it("differs from a single stream's parameters in what is read alone", () =>
  tidy(() => {
    const image: FeatureSpec = { dim: 6, tokens: 3 };
    const text: FeatureSpec = { dim: 4, tokens: 'varies' };
    const paths = (fusion: Fusion) => new Set(Object.keys(fusion.init(key(0), image, text)));
    const [merged, single] = [paths(mergedAttention(small)), paths(singleStream(small))];
    expect([...single].filter((path) => !merged.has(path))).toEqual(['cls_token']);
    expect([...merged].filter((path) => !single.has(path)).sort()).toEqual([
      'cross_modal_image_pooler.dense.bias',
      'cross_modal_image_pooler.dense.weight',
      'cross_modal_text_pooler.dense.bias',
      'cross_modal_text_pooler.dense.weight',
    ]);
  }));
