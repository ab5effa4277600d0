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

it('refuses sizes that are none', () => {
  for (const name of ['layers', 'heads', 'feedForward'] as const) {
    expect(() => deepSetTransformer({ [name]: 0 })).toThrow(new RegExp(`"${name}".*got 0`));
  }
});
