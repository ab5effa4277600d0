import { ConfigError } from '@crossweave/core';
import { testOptimizer } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/optim.json';
import { expectReference, tree } from './reference.testing';
import { sgd } from './sgd';

testOptimizer(() => sgd({ learningRate: 0.1 }), { describe, it });
testOptimizer(() => sgd({ learningRate: 0.02, momentum: 0.9 }), { describe, it });

describe('sgd', () => {
  it('equals PyTorch with momentum and clipping', () => {
    expectReference(sgd({ learningRate: 0.05, momentum: 0.9, clipNorm: 2 }), fixture.sgd);
  });

  it('keeps no state without momentum', () => {
    expect(sgd({ learningRate: 0.1 }).init(tree(fixture.sgd.start))).toEqual({});
  });

  it('refuses a negative or NaN rate', () => {
    expect(() => sgd({ learningRate: -1 })).toThrow(ConfigError);
    expect(() => sgd({ learningRate: Number.NaN })).toThrow(ConfigError);
  });
});
