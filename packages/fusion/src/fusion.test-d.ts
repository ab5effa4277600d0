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

it('gives every factory the contract and its own options', () => {
  expectTypeOf(singleStream).returns.toEqualTypeOf<Fusion>();
  expectTypeOf(coAttention).returns.toEqualTypeOf<Fusion>();
  expectTypeOf<FusionOptions['dual-encoder']>().toEqualTypeOf<DualEncoderOptions>();
  expectTypeOf(fusions['co-attention'])
    .parameter(0)
    .toEqualTypeOf<FusionOptions['co-attention'] | undefined>();
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

it('knows which dual encoders read summaries alone', () => {
  expectTypeOf(dualEncoder()).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(dualEncoder({ dim: 8, pooling: 'encoder' })).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(dualEncoder({ pooling: 'attention' })).toEqualTypeOf<Fusion>();
  expectTypeOf(
    dualEncoder({ pooling: { image: 'attention', text: 'encoder' } }),
  ).toEqualTypeOf<Fusion>();
  expectTypeOf(dualEncoder(anyOptions)).toEqualTypeOf<Fusion>();
});

it('knows that late fusions read summaries alone, but for late interaction', () => {
  expectTypeOf(concatMlp).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(film).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(mutan).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(mcb).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(filip).returns.toEqualTypeOf<Fusion>();
});

it('knows which fusions of early and cross-attention read summaries alone', () => {
  expectTypeOf(deepSet).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(deepSetTransformer).returns.toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(qFormer).returns.toEqualTypeOf<Fusion>();
  // @ts-expect-error -- its layers have one order
  qFormer({ normFirst: true });
});

it('keeps what a fusion reads when it learns to do without a side', () => {
  expectTypeOf(withMissingModality(dualEncoder())).toEqualTypeOf<Fusion<PooledFeatures>>();
  expectTypeOf(withMissingModality(coAttention())).toEqualTypeOf<Fusion>();
});

declare const anyOptions: DualEncoderOptions;
