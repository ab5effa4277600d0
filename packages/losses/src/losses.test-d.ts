import type { Features, Loss, PooledFeatures } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import {
  type cachedContrastive,
  filip,
  infoNCE,
  listwiseMatching,
  matching,
  siglip,
  triplet,
  weightedSum,
  type LossOptions,
} from './index';

it('types every factory with the contract', () => {
  expectTypeOf(infoNCE).returns.toExtend<Loss>();
  expectTypeOf(matching).returns.toExtend<Loss>();
  expectTypeOf(listwiseMatching).returns.toExtend<Loss>();
});

it('types the losses that need no tokens, sums included', () => {
  expectTypeOf(infoNCE).returns.toEqualTypeOf<Loss<PooledFeatures>>();
  expectTypeOf(weightedSum([{ loss: infoNCE() }])).toEqualTypeOf<Loss<PooledFeatures>>();
  const ofTokens: Loss = { ...infoNCE(), compute: (_, { image }) => reads(image) };
  const sum = weightedSum([{ loss: infoNCE() }, { loss: ofTokens }]);
  expectTypeOf(sum).toExtend<Loss>();
  expectTypeOf(sum).not.toExtend<Loss<PooledFeatures>>();
  type Cacheable = Parameters<typeof cachedContrastive>[0]['loss'];
  expectTypeOf(infoNCE).returns.toExtend<Cacheable>();
  expectTypeOf(filip).returns.not.toExtend<Cacheable>();
});

it('refuses options of a different loss and misspelt options', () => {
  // @ts-expect-error -- InfoNCE has no option inBatch
  infoNCE({ inBatch: 2 });
  // @ts-expect-error -- a temperature is a number, 'auto', 'learned' or { initial }
  infoNCE({ temperature: 'fixed' });
  // @ts-expect-error -- a direction is both, i2t or t2i
  infoNCE({ direction: 'i2i' });
  // @ts-expect-error -- the triplet loss has no temperature
  triplet({ temperature: 0.1 });
  // @ts-expect-error -- a chunk is a number or 'all'
  siglip({ chunk: 'none' });
  expectTypeOf<'info-nec'>().not.toExtend<keyof LossOptions>();
});

declare const reads: (features: Features) => ReturnType<Loss['compute']>;
