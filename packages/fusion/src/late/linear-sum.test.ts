import { tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { linearSum } from './linear-sum';

const runner = { describe, it };
testFusion(() => linearSum({ dim: 5, hidden: 7, dropout: 0.2 }), runner);
testFusion(
  () => linearSum({ dim: 5, hidden: 7, activation: 'gelu', outputActivation: 'none' }),
  runner,
);

describe('linearSum', () => {
  const spec = { dim: 6, tokens: 3 };

  it('binds by the activation of its output alone: without it scores are sums of two sides', () =>
    tidy(() => {
      const interaction = (outputActivation: 'relu' | 'none'): number => {
        const fusion = linearSum({ dim: 8, hidden: 8, outputActivation });
        const params = fusion.init(key(1), spec, spec);
        const image = sampleFeatures(key(1), spec, { batch: 6 });
        const text = sampleFeatures(key(2), spec, { batch: 6 });
        const scores = fusion.score(params, image, text, inference).arraySync();
        const [first] = scores;
        return Math.max(
          ...scores.flatMap((row) =>
            row.map((value, j) => Math.abs(value - row[0]! - first![j]! + first![0]!)),
          ),
        );
      };
      expect(interaction('none')).toBeLessThan(1e-5);
      expect(interaction('relu')).toBeGreaterThan(1e-3);
    }));
});
