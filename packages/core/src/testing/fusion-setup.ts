import type { Tensor } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import type { FeatureSpec, Features } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { key, type Key } from '../keys';
import type { Params } from '../params';
import { sampleFeatures, type SampleOptions } from './samples';

interface FusionSpecs {
  readonly image?: FeatureSpec;
  readonly text?: FeatureSpec;
}

/** What every check starts from. */
export class FusionSetup {
  readonly imageSpec: FeatureSpec;
  readonly textSpec: FeatureSpec;

  constructor(
    readonly create: () => Fusion,
    specs: FusionSpecs,
  ) {
    this.imageSpec = specs.image ?? { dim: 8, tokens: 4 };
    this.textSpec = specs.text ?? { dim: 6, tokens: 'varies' };
  }

  init(seed = 1): { fusion: Fusion; params: Params } {
    const fusion = this.create();
    return { fusion, params: this.initOf(fusion, key(seed)) };
  }

  initOf(fusion: Fusion, from: Key): Params {
    return fusion.init(from, this.imageSpec, this.textSpec);
  }

  images(batch: number, options: Omit<SampleOptions, 'batch'> = {}): Features {
    return sampleFeatures(key(11), this.imageSpec, { ...options, batch });
  }

  texts(batch: number, options: Omit<SampleOptions, 'batch'> = {}): Features {
    return sampleFeatures(key(12), this.textSpec, { ...options, batch });
  }
}

/** What {@link outputs} gives, in order. */
export const outputNames = ['joint', 'match', 'score'];

/** joint, match and the scores of the same batch. */
export function outputs(
  fusion: Fusion,
  params: Params,
  image: Features,
  text: Features,
  ctx: Context,
): Tensor[] {
  const fused = fusion.fuse(params, image, text, ctx);
  return [fused.joint, fused.match, fusion.score(params, image, text, ctx)];
}
