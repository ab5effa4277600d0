import { testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { deepSetTransformer } from './deep-set-transformer';

const small = { dim: 8, hidden: 10, layers: 1, heads: 2, feedForward: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => deepSetTransformer({ ...small, dropout: 0.2 }), runner);
testFusion(
  () =>
    deepSetTransformer({ ...small, normalization: 'modalities', attention: true, attentionDim: 5 }),
  runner,
);

it('refuses heads that do not divide the width', () => {
  expect(() => deepSetTransformer({ dim: 6, heads: 4 })).toThrow(/"heads" must divide "dim".*6.*4/);
});
