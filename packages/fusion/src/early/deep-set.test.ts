import { tidy } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { deepSet } from './deep-set';

const small = { dim: 8, hidden: 10, chunk: 4 };
const weighed = { attention: true, attentionDim: 5 };
const runner = { describe, it };
testFusion(() => deepSet({ ...small, dropout: 0.2 }), runner);
testFusion(() => deepSet({ ...small, ...weighed, pool: 'max' }), runner);
testFusion(
  () => deepSet({ ...small, ...weighed, normalization: 'modalities', pool: 'sum' }),
  runner,
);

it.each(['mean', 'sum', 'max'] as const)('is blind to the order of its set: %s', (pool) =>
  tidy(() => {
    const spec: FeatureSpec = { dim: 6, tokens: 3 };
    const fusion = deepSet({ ...small, ...weighed, pool });
    const params = fusion.init(key(0), spec, spec);
    const [image, text] = [1, 2].map((seed) => sampleFeatures(key(seed), spec, { batch: 2 }));
    const swapped = Object.fromEntries(
      Object.entries(params).map(([path, value]) => {
        const [, side, leaf] = /^projections\.(image|text)\.(.*)$/.exec(path) ?? [];
        const other = side === 'image' ? 'text' : 'image';
        return [side === undefined ? path : `projections.${other}.${leaf!}`, value];
      }),
    );
    const there = fusion.fuse(params, image!, text!, inference).joint;
    expectClose(fusion.fuse(swapped, text!, image!, inference).joint, there);
  }),
);
