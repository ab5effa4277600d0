import { add, slice, sub, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { bottleneck } from './bottleneck';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, bottlenecks: 2, chunk: 4 };
const runner = { describe, it };
testFusion(() => bottleneck({ ...small, dropout: 0.2 }), runner);
testFusion(() => bottleneck({ ...small, layers: 3, fusionLayer: 1, normFirst: false }), runner);
testFusion(() => bottleneck({ ...small, fusionLayer: 2, positions: false }), runner);

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };

/** What is left of scores [3, 3] when a term of each image and a term of each text are taken away. */
function interaction(layers: number, fusionLayer: number): Tensor2D {
  const fusion = bottleneck({ ...small, layers, fusionLayer });
  const params = fusion.init(key(0), image, text);
  const images = sampleFeatures(key(1), image, { batch: 3 });
  const texts = sampleFeatures(key(2), text, { batch: 3 });
  const scores = fusion.score(params, images, texts, inference);
  const corner = slice(scores, [0, 0], [1, 1]);
  const column = slice(scores, [0, 0], [3, 1]);
  return sub(add(scores, corner), add(column, slice(scores, [0, 0], [1, 3])));
}

it('lets the streams exchange through the bottleneck tokens', () =>
  tidy(() => {
    const largest = Math.max(...interaction(2, 0).dataSync().map(Math.abs));
    expect(largest).toBeGreaterThan(1e-3);
  }));

it.each([
  [2, 1],
  [2, 2],
  [3, 5],
])('of %i layers, fused from %i, keeps the streams apart', (layers, fusionLayer) =>
  tidy(() => {
    const rest = interaction(layers, fusionLayer);
    expectClose(rest, sub(rest, rest));
  }),
);

it('has bottleneck tokens as many as it is told, where a layer reads them', () =>
  tidy(() => {
    const shape = (fusionLayer: number) =>
      bottleneck({ ...small, bottlenecks: 3, fusionLayer }).init(key(0), image, text)['bottleneck']
        ?.shape;
    expect(shape(1)).toEqual([1, 3, 8]);
    expect(shape(2)).toBe(undefined);
  }));
