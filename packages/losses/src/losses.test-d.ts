import type { Loss } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import {
  infoNCE,
  listwiseMatching,
  losses,
  matching,
  siglip,
  triplet,
  weightedSum,
  type LossOptions,
} from './index';

it('gives every factory the contract', () => {
  expectTypeOf(infoNCE).returns.toEqualTypeOf<Loss>();
  expectTypeOf(matching).returns.toEqualTypeOf<Loss>();
  expectTypeOf(listwiseMatching).returns.toEqualTypeOf<Loss>();
  expectTypeOf(weightedSum([{ loss: infoNCE() }])).toEqualTypeOf<Loss>();
  expectTypeOf<ReturnType<(typeof losses)[keyof LossOptions]>>().toEqualTypeOf<Loss>();
});

it('refuses options of another loss and misspelt ones', () => {
  // @ts-expect-error -- InfoNCE draws nothing
  infoNCE({ inBatch: 2 });
  // @ts-expect-error -- a temperature is a number, 'auto', 'learned' or { initial }
  infoNCE({ temperature: 'fixed' });
  // @ts-expect-error -- a direction is both, i2t or t2i
  infoNCE({ direction: 'i2i' });
  // @ts-expect-error -- the hinge has a margin, no temperature
  triplet({ temperature: 0.1 });
  // @ts-expect-error -- a chunk is a number or 'all'
  siglip({ chunk: 'none' });
  expectTypeOf<'info-nec'>().not.toExtend<keyof LossOptions>();
});
