import { add, tidy, sum, type Scalar } from '@tensorflow/tfjs-core';
import { inference, key, mapParams, type FeatureSpec, type Params } from '@crossweave/core';
import { expectClose, gradientsAt, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { gatedCrossAttention } from './gated-cross-attention';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => gatedCrossAttention({ ...small, dropout: 0.2 }), runner);
testFusion(
  () => gatedCrossAttention({ ...small, layers: 1, summary: 'mean', positions: false, gate: 1 }),
  runner,
);

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };
const sides = () => ({
  images: sampleFeatures(key(1), image, { batch: 2 }),
  others: sampleFeatures(key(2), image, { batch: 2 }),
  texts: sampleFeatures(key(3), text, { batch: 2 }),
});

it('reads the text alone while its gates are shut, and the image once they open', () =>
  tidy(() => {
    const fusion = gatedCrossAttention(small);
    const fresh = fusion.init(key(0), image, text);
    const { images, others, texts } = sides();
    const joints = (params: Params) =>
      [images, others].map((side) => fusion.fuse(params, side, texts, inference).joint);
    const [before, same] = joints(fresh);
    expectClose(same!, before!);
    const opened = mapParams(fresh, (value, path) =>
      path.endsWith('_gate') ? add(value, 0.5) : value,
    );
    const [one, other] = joints(opened);
    expect(() => {
      expectClose(other!, one!);
    }).toThrow(/differs/);
  }));

it('gives its shut gates a gradient, so that they open', () =>
  tidy(() => {
    const fusion = gatedCrossAttention(small);
    const params = fusion.init(key(0), image, text);
    const { images, texts } = sides();
    const gradients = gradientsAt(
      (at): Scalar => sum(fusion.fuse(at, images, texts, inference).match),
      params,
    );
    for (const [path, gradient] of Object.entries(gradients)) {
      if (!path.startsWith('gated_')) continue;
      const moves = gradient.dataSync().some((value) => value !== 0);
      expect(moves, path).toBe(path.endsWith('_gate'));
    }
  }));
