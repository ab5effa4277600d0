import { add, argMax, mul, tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { meanOfLogits } from './mean-of-logits';

const runner = { describe, it };
testFusion(() => meanOfLogits({ dim: 5 }), runner);
testFusion(() => meanOfLogits({ dim: 5, hidden: [7], dropout: 0.2 }), runner);

describe('meanOfLogits', () => {
  const image = { dim: 6, tokens: 3 };
  const text = { dim: 4, tokens: 3 };
  const fusion = meanOfLogits({ dim: 5 });
  const sides = () =>
    [
      fusion.init(key(1), image, text),
      sampleFeatures(key(2), image, { batch: 4 }),
      sampleFeatures(key(3), text, { batch: 4 }),
    ] as const;

  it('is the mean of a classifier of each side alone', () =>
    tidy(() => {
      const [params, left, right] = sides();
      const ofImage = linear(params, 'image_classifier.linears.0', left.pooled);
      const ofText = linear(params, 'text_classifier.linears.0', right.pooled);
      const { joint } = fusion.fuse(params, left, right, inference);
      expectClose(joint, mul(add(ofImage, ofText), 0.5));
    }));

  it('cannot bind: what one side changes does not depend on the other, and all images rank texts alike', () =>
    tidy(() => {
      const [params, left, right] = sides();
      const scores = fusion.score(params, left, right, inference);
      expect(new Set(argMax(scores, 1).dataSync()).size).toBe(1);
      const [first, second] = [0, 1].map((row) => scores.arraySync()[row]!);
      const shifts = first!.map((value, column) => value - second![column]!);
      for (const shift of shifts) expect(shift).toBeCloseTo(shifts[0]!, 5);
    }));
});
