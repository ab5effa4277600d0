import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expectTypeOf, it } from 'vitest';
import type { Encoder } from './encoder';
import type { Features, PooledFeatures } from './features';
import type { Fusion } from './fusion';
import type { Loss, ModelOutputs } from './loss';

it('lets what reads less stand for what may read more, and not the other way', () => {
  expectTypeOf<Fusion<PooledFeatures>>().toExtend<Fusion>();
  expectTypeOf<Fusion>().not.toExtend<Fusion<PooledFeatures>>();
  expectTypeOf<Loss<PooledFeatures>>().toExtend<Loss>();
  expectTypeOf<Loss>().not.toExtend<Loss<PooledFeatures>>();
});

it('lets what gives more stand for what gives less, and not the other way', () => {
  expectTypeOf<Encoder<Tensor2D>>().toExtend<Encoder<Tensor2D, PooledFeatures>>();
  expectTypeOf<Encoder<Tensor2D, PooledFeatures>>().not.toExtend<Encoder<Tensor2D>>();
  expectTypeOf<ModelOutputs>().toExtend<ModelOutputs<PooledFeatures>>();
  expectTypeOf<ModelOutputs<PooledFeatures>>().not.toExtend<ModelOutputs>();
});

it('reads and gives tokens unless told otherwise', () => {
  expectTypeOf<Parameters<Fusion['fuse']>[1]>().toEqualTypeOf<Features>();
  expectTypeOf<ReturnType<Encoder<Tensor2D>['apply']>>().toEqualTypeOf<Features>();
});
