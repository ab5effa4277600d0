import type { Fusion } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import { coAttention, dualEncoder, fusions, singleStream, type FusionOptions } from './index';

it('gives every factory the contract and its own options', () => {
  expectTypeOf(dualEncoder).returns.toEqualTypeOf<Fusion>();
  expectTypeOf(singleStream).returns.toEqualTypeOf<Fusion>();
  expectTypeOf(coAttention).returns.toEqualTypeOf<Fusion>();
  expectTypeOf(fusions['dual-encoder'])
    .parameter(0)
    .toEqualTypeOf<FusionOptions['dual-encoder'] | undefined>();
});

it('refuses options of another fusion and misspelt ones', () => {
  // @ts-expect-error -- a dual encoder has no layers
  dualEncoder({ layers: 2 });
  // @ts-expect-error -- the option is `heads`
  coAttention({ head: 2 });
  expectTypeOf<'dual-encodr'>().not.toExtend<keyof typeof fusions>();
});

it('takes a fusion of the user as one of its own', () => {
  const mine = {
    name: 'mine',
    family: 'quantum',
    scoring: 'joint',
    init: () => ({}),
    fuse: (...inputs: Parameters<Fusion['fuse']>) => dualEncoder().fuse(...inputs),
    score: (...inputs: Parameters<Fusion['score']>) => dualEncoder().score(...inputs),
  } as const;
  expectTypeOf(mine).toExtend<Fusion>();
});
