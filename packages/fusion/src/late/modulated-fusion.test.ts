import { tidy, transpose } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { expectClose, sampleFeatures } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { film } from './film';
import { multiplicative } from './multiplicative';

describe.each([
  { name: 'film', make: film },
  { name: 'multiplicative', make: multiplicative },
])('$name', ({ make }) => {
  it('does with the sides swapped what it does with their roles swapped', () =>
    tidy(() => {
      const [a, b] = [
        { dim: 6, tokens: 3 },
        { dim: 4, tokens: 2 },
      ] as const;
      const byText = make({ dim: 5, modulator: 'text' });
      const byImage = make({ dim: 5, modulator: 'image' });
      const params = byText.init(key(1), a, b);
      const left = sampleFeatures(key(2), a, { batch: 3 });
      const right = sampleFeatures(key(3), b, { batch: 3 });
      expectClose(
        byImage.fuse(params, right, left, inference).joint,
        byText.fuse(params, left, right, inference).joint,
      );
      expectClose(
        byImage.score(params, right, left, inference),
        transpose(byText.score(params, left, right, inference)),
      );
    }));
});
