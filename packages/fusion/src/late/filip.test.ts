import {
  matMul,
  mul,
  ones,
  profile,
  reshape,
  slice,
  sum,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { inference, key, type Features, type FeatureSpec } from '@crossweave/core';
import { linear, normalize } from '@crossweave/core/nn';
import { expectClose, gradientsAt, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { filip } from './filip';

const runner = { describe, it };
testFusion(() => filip({ dim: 5, chunk: 4 }), runner);
testFusion(() => filip({ dim: 5 }), runner, {
  image: { dim: 4, tokens: 'varies' },
  text: { dim: 6, tokens: 3 },
});

describe('filip', () => {
  const image: FeatureSpec = { dim: 6, tokens: 4 };
  const text: FeatureSpec = { dim: 4, tokens: 'varies' };
  const rows = (spec: FeatureSpec, seed: number, batch: number, tokens = 3) =>
    sampleFeatures(key(seed), spec, { batch, tokens });
  const first = (features: Features, count: number): Features => {
    const [batch, , dim] = features.tokens.shape;
    return {
      ...features,
      tokens: slice(features.tokens, [0, 0, 0], [batch, count, dim]),
      mask: ones<Rank.R2>([batch, count]),
    };
  };

  it('is the cosine of two tokens where each side has one real token', () =>
    tidy(() => {
      const fusion = filip({ dim: 5, temperature: 1 });
      const params = fusion.init(key(1), image, text);
      const left = rows(image, 2, 3);
      const right = rows(text, 3, 3);
      const one = (features: Features): Features => {
        const [batch, count] = features.mask.shape;
        const real = Array.from({ length: batch }, () =>
          Array.from({ length: count }, (_, token) => (token === 0 ? 1 : 0)),
        );
        return { ...features, mask: tensor2d(real) };
      };
      const vector = (features: Features, path: string): Tensor2D => {
        const { tokens } = first(features, 1);
        const flat = reshape<Rank.R2>(tokens, [tokens.shape[0], tokens.shape[2]]);
        return normalize(linear(params, path, flat));
      };
      const cosines = matMul(
        vector(left, 'visual_projection'),
        vector(right, 'text_projection'),
        false,
        true,
      );
      expectClose(fusion.score(params, one(left), one(right), inference), cosines);
    }));

  it('has halves of the joint vector that sum to the similarity in each direction', () =>
    tidy(() => {
      const fusion = filip({ dim: 5, temperature: 1 });
      const params = fusion.init(key(1), image, text);
      const { joint, match } = fusion.fuse(params, rows(image, 2, 3), rows(text, 3, 3), inference);
      expect(joint.shape).toEqual([3, 10]);
      expectClose(mul(sum(joint, 1), 0.5), match);
    }));

  it('shares the gradient among tokens that match equally well', () =>
    tidy(() => {
      const fusion = filip({ dim: 5 });
      const params = fusion.init(key(1), image, text);
      const left = rows(image, 2, 1);
      const once = first(rows(text, 3, 1), 1);
      const twice: Features = {
        ...once,
        tokens: mul(once.tokens, ones([1, 2, 1])),
        mask: ones<Rank.R2>([1, 2]),
      };
      for (const operation of ['fuse', 'score'] as const) {
        const gradients = (texts: Features) =>
          gradientsAt(
            (moved) => {
              const at = { ...texts, tokens: moved['tokens'] as Features['tokens'] };
              return operation === 'fuse'
                ? sum(fusion.fuse(params, left, at, inference).match)
                : sum(fusion.score(params, left, at, inference));
            },
            { tokens: texts.tokens },
          )['tokens']!;
        // A word said twice is the word: together its copies move the match as much.
        expectClose(sum(gradients(twice), 1), sum(gradients(once), 1));
      }
    }));

  it('scores the same whatever the chunk, which bounds its memory', async () => {
    const [images, texts] = [rows(image, 2, 16), rows(text, 3, 16, 8)];
    const params = filip({ dim: 5 }).init(key(1), image, text);
    const run = async (chunk: number) => {
      const fusion = filip({ dim: 5, chunk });
      const made: Tensor2D[] = [];
      const { peakBytes, newBytes } = await profile(() => {
        made.push(fusion.score(params, images, texts, inference));
        return made[0]!;
      });
      return { scores: made[0]!, bytes: peakBytes - newBytes };
    };
    const whole = await run(256);
    for (const chunk of [1, 7, 32]) {
      const some = await run(chunk);
      expectClose(some.scores, whole.scores);
      expect(some.bytes).toBeLessThan(whole.bytes / 2);
    }
  });

  it('refuses encoders without tokens, and features without', () =>
    tidy(() => {
      const fusion = filip({ dim: 5 });
      expect(() => fusion.init(key(1), image, { dim: 4, tokens: 0 })).toThrow(/filip.*text/);
      const params = fusion.init(key(1), image, text);
      const [left, right] = [rows(image, 2, 2), rows(text, 3, 2)];
      const summaries = { pooled: right.pooled } as Features;
      for (const run of [fusion.fuse, fusion.score]) {
        expect(() => run(params, left, summaries, inference)).toThrow(
          /filip.*text features have none/,
        );
      }
    }));
});
