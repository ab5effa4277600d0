import { add, mul, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { gatedSum } from './gated-sum';

testFusion(() => gatedSum({ dim: 5, dropout: 0.2 }), { describe, it });

describe('gatedSum', () => {
  const image = { dim: 6, tokens: 3 };
  const text = { dim: 4, tokens: 3 };

  it.each([
    { bias: [50, 0], side: 'image' },
    { bias: [0, 50], side: 'text' },
  ] as const)('gives the $side alone where attention $bias is all on it', ({ bias, side }) =>
    tidy(() => {
      const fusion = gatedSum({ dim: 5 });
      const params = {
        ...fusion.init(key(1), image, text),
        'attention.0.bias': tensor1d([...bias]),
      };
      const features = {
        image: sampleFeatures(key(2), image, { batch: 2 }),
        text: sampleFeatures(key(3), text, { batch: 2 }),
      };
      const { joint } = fusion.fuse(params, features.image, features.text, inference);
      expectClose(joint, linear(params, `encoding_projection.${side}`, features[side].pooled));
    }),
  );

  it('gives the mean of both where attention is even', () =>
    tidy(() => {
      const fusion = gatedSum({ dim: 5 });
      const drawn = fusion.init(key(1), image, text);
      const params = {
        ...drawn,
        'attention.0.weight': mul(drawn['attention.0.weight']!, 0),
        'attention.0.bias': tensor1d([0.3, 0.3]),
      };
      const left = sampleFeatures(key(2), image, { batch: 2 });
      const right = sampleFeatures(key(3), text, { batch: 2 });
      const both = add(
        linear(params, 'encoding_projection.image', left.pooled),
        linear(params, 'encoding_projection.text', right.pooled),
      );
      expectClose(fusion.fuse(params, left, right, inference).joint, mul(both, 0.5));
    }));
});
