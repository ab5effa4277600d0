import type { Tensor } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import type { FeatureSpec, Features } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { key, type Key } from '../keys';
import type { Params } from '../params';
import { sampleFeatures, samplePooled, type SampleOptions } from './samples';

interface FusionSpecs {
  readonly image?: FeatureSpec;
  readonly text?: FeatureSpec;
}

type Side = 'image' | 'text';

/** The fusion, parameters and features with which every check starts. */
export class FusionSetup {
  readonly specs: Readonly<Record<Side, FeatureSpec>>;

  constructor(
    readonly create: () => Fusion,
    specs: FusionSpecs,
  ) {
    this.specs = {
      image: specs.image ?? { dim: 8, tokens: 4 },
      text: specs.text ?? { dim: 6, tokens: 'varies' },
    };
  }

  init(seed = 1): { fusion: Fusion; params: Params } {
    const fusion = this.create();
    return { fusion, params: this.initOf(fusion, key(seed)) };
  }

  initOf(fusion: Fusion, from: Key): Params {
    return fusion.init(from, this.specs.image, this.specs.text);
  }

  images(batch: number, options: Omit<SampleOptions, 'batch'> = {}): Features {
    return this.sample('image', key(11), { ...options, batch });
  }

  texts(batch: number, options: Omit<SampleOptions, 'batch'> = {}): Features {
    return this.sample('text', key(12), { ...options, batch });
  }

  /**
   * Random features of a side, with tokens if the spec has tokens. For a fusion that takes missing
   * rows, some rows are missing (never both sides of a pair).
   */
  sample(side: Side, from: Key, options: SampleOptions): Features {
    const spec = this.specs[side];
    const missing = side === 'image' ? 1 : 0;
    const given =
      this.create().takesMissing === true ? ({ missing, ...options } as const) : options;
    if (spec.tokens !== 0) return sampleFeatures(from, spec, given);
    // Only a fusion that reads summaries is tested with features without tokens.
    return samplePooled(from, spec, given) as Features;
  }
}

/** Names of the tensors that {@link outputs} returns, in order. */
export const outputNames = ['joint', 'match', 'score'];

/** The tensors `joint`, `match` and `score` of a batch. */
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
