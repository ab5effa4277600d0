import type { Loss } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import { infoNCE, listwiseMatching, matching, weightedSum, type LossOptions } from './index';

it('gives every factory the contract', () => {
  expectTypeOf(infoNCE).returns.toEqualTypeOf<Loss>();
  expectTypeOf(matching).returns.toEqualTypeOf<Loss>();
  expectTypeOf(listwiseMatching).returns.toEqualTypeOf<Loss>();
  expectTypeOf(weightedSum([{ loss: infoNCE() }])).toEqualTypeOf<Loss>();
});

it('refuses options of another loss and misspelt ones', () => {
  // @ts-expect-error -- InfoNCE draws nothing
  infoNCE({ inBatch: 2 });
  // @ts-expect-error -- a temperature is a number, 'auto', 'learned' or { initial }
  infoNCE({ temperature: 'fixed' });
  expectTypeOf<'info-nec'>().not.toExtend<keyof LossOptions>();
});
