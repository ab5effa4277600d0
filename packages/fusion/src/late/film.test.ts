import { relu, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { inference, key, mapParams } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { film } from './film';

const runner = { describe, it };
testFusion(() => film({ dim: 5, dropout: 0.2 }), runner);
testFusion(() => film({ dim: 5, modulator: 'image' }), runner);

describe('film', () => {
  const spec = { dim: 6, tokens: 3 };

  it.each(['image', 'text'] as const)(
    'lets the other side pass where the %s says nothing',
    (modulator) =>
      tidy(() => {
        const fusion = film({ dim: 5, modulator });
        const params = mapParams(fusion.init(key(1), spec, spec), (value, path) =>
          path.startsWith('film.') ? zerosLike(value) : value,
        );
        const features = {
          image: sampleFeatures(key(2), spec, { batch: 2 }),
          text: sampleFeatures(key(3), spec, { batch: 2 }),
        };
        const { joint } = fusion.fuse(params, features.image, features.text, inference);
        const base = modulator === 'image' ? features.text : features.image;
        expectClose(joint, relu(linear(params, 'projection', base.pooled)));
      }),
  );
});
