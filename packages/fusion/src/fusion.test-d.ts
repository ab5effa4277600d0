import type { Fusion, PooledFeatures } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import {
  coAttention,
  concatMlp,
  deepSet,
  deepSetTransformer,
  dualEncoder,
  filip,
  film,
  mcb,
  mutan,
  fusions,
  qFormer,
  singleStream,
  withMissingModality,
  type DualEncoderOptions,
  type FusionOptions,
} from './index';

it('types every factory with the contract and its options', () => {
  expectTypeOf(singleStream).returns.toEqualTypeOf<Fusion>();
  expectTypeOf(coAttention).returns.toEqualTypeOf<Fusion>();
  expectTypeOf<FusionOptions['dual-encoder']>().toEqualTypeOf<DualEncoderOptions>();
  expectTypeOf(fusions['co-attention'])
    .parameter(0)
    .toEqualTypeOf<FusionOptions['co-attention'] | undefined>();
});

it('refuses options of a different fusion and misspelt options', () => {
  // @ts-expect-error -- a dual encoder has no layers
  dualEncoder({ layers: 2 });
  // @ts-expect-error -- the option is `heads`
  coAttention({ head: 2 });
  expectTypeOf<'dual-encodr'>().not.toExtend<keyof typeof fusions>();
});

it('accepts a fusion of the user in the table', () => {
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

it('types dual encoders that read only summaries', () => {
  expectTypeOf(dualEncoder()).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(dualEncoder({ dim: 8, pooling: 'encoder' })).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(dualEncoder({ pooling: 'attention' })).toEqualTypeOf<Fusion>();
  expectTypeOf(
    dualEncoder({ pooling: { image: 'attention', text: 'encoder' } }),
  ).toEqualTypeOf<Fusion>();
  expectTypeOf(dualEncoder(anyOptions)).toEqualTypeOf<Fusion>();
});

it('types late fusions as reading only summaries, except for late interaction', () => {
  expectTypeOf(concatMlp).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(film).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(mutan).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(mcb).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(filip).returns.toEqualTypeOf<Fusion>();
});

it('types the early fusions that read only summaries', () => {
  expectTypeOf(deepSet).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(deepSetTransformer).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(qFormer).returns.toEqualTypeOf<Fusion>();
  // @ts-expect-error -- normFirst is not an option of qFormer
  qFormer({ normFirst: true });
});

it('withMissingModality keeps the type of the features that a fusion reads', () => {
  expectTypeOf(withMissingModality(dualEncoder())).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(withMissingModality(coAttention())).toEqualTypeOf<Fusion>();
});

declare const anyOptions: DualEncoderOptions;
