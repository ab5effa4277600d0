import { memory, tidy } from '@tensorflow/tfjs-core';
import { ConfigError, inference, key, withPrefix, type Features } from '@crossweave/core';
import { sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { coAttention } from './cross-attention';
import { singleStream } from './early';
import { dualEncoder, gmu } from './late';
import { withMissingModality } from './missing-modality';
import { withTowerScore } from './with-tower-score';

const runner = { describe, it };
const small = { dim: 8, heads: 2, layers: 1 };
const towers = () => dualEncoder({ dim: 4, pooling: 'attention', heads: 1 });
testFusion(() => withTowerScore(coAttention(small), towers()), runner);
testFusion(() => withTowerScore(dualEncoder({ dim: 4 }), dualEncoder({ dim: 3 })), runner, {
  image: { dim: 5, tokens: 0 },
  text: { dim: 3, tokens: 0 },
});
testFusion(
  () => withMissingModality(withTowerScore(singleStream(small), towers()), { imageDropout: 0.2 }),
  runner,
);

const spec = { dim: 6, tokens: 3 };
const features = (seed: number, batch: number): Features =>
  sampleFeatures(key(seed), spec, { batch });

describe('withTowerScore', () => {
  it.each([singleStream(small), coAttention(small), dualEncoder({ dim: 4 }), gmu({ dim: 4 })])(
    'begins with exactly the score of the towers: $name',
    (correction) =>
      tidy(() => {
        const known = dualEncoder({ dim: 5, temperature: 0.07 });
        const trained = known.init(key(9), spec, spec);
        const fusion = withTowerScore<Features>(correction, known);
        const params = { ...fusion.init(key(1), spec, spec), ...withPrefix('towers.', trained) };
        const [image, text] = [features(2, 3), features(3, 3)];
        const { match } = known.fuse(trained, image, text, inference);
        const scores = known.score(trained, image, text, inference);
        for (const ctx of [inference, { training: true, key: key(4) }]) {
          const fused = fusion.fuse(params, image, text, ctx);
          expect(fused.match.dataSync()).toEqual(match.dataSync());
          expect(fusion.score(params, image, text, ctx).dataSync()).toEqual(scores.dataSync());
        }
      }),
  );

  it('keeps the joint representation of the fusion, and disposes what it computes', () => {
    const inner = coAttention(small);
    const fusion = withTowerScore(inner, towers());
    const params = fusion.init(key(1), spec, spec);
    const [image, text] = [features(2, 3), features(3, 3)];
    const before = memory().numTensors;
    const { joint, match } = fusion.fuse(params, image, text, inference);
    const own = inner.fuse(params, image, text, inference);
    expect(joint.dataSync()).toEqual(own.joint.dataSync());
    [joint, match, own.joint, own.match].forEach((tensor) => tensor.dispose());
    expect(memory().numTensors).toBe(before);
  });

  it('refuses towers without embeddings', () => {
    expect(() => withTowerScore(coAttention(small), singleStream(small))).toThrow(ConfigError);
  });
});
