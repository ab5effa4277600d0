import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expectTypeOf, it } from 'vitest';
import type { Encoder } from './encoder';
import type { Features, PooledFeatures } from './features';
import type { Fusion } from './fusion';
import type { Loss, ModelOutputs } from './loss';

it('accepts a fusion or loss of summaries where one of tokens is wanted, and not the reverse', () => {
  expectTypeOf<Fusion<PooledFeatures>>().toExtend<Fusion>();
  expectTypeOf<Fusion>().not.toExtend<Fusion<PooledFeatures>>();
  expectTypeOf<Loss<PooledFeatures>>().toExtend<Loss>();
  expectTypeOf<Loss>().not.toExtend<Loss<PooledFeatures>>();
});

it('accepts an encoder or model with tokens where summaries are enough, and not the reverse', () => {
  expectTypeOf<Encoder<Tensor2D>>().toExtend<Encoder<Tensor2D, PooledFeatures>>();
  expectTypeOf<Encoder<Tensor2D, PooledFeatures>>().not.toExtend<Encoder<Tensor2D>>();
  expectTypeOf<ModelOutputs>().toExtend<ModelOutputs<PooledFeatures>>();
  expectTypeOf<ModelOutputs<PooledFeatures>>().not.toExtend<ModelOutputs>();
});

it('assumes tokens when no feature type is named', () => {
  expectTypeOf<Parameters<Fusion['fuse']>[1]>().toEqualTypeOf<Features>();
  expectTypeOf<ReturnType<Encoder<Tensor2D>['apply']>>().toEqualTypeOf<Features>();
});
