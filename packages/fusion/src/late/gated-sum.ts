import { add, mul, slice, softmax } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { initLinear, linear } from '@crossweave/core/nn';
import { concatLinear } from './concat-linear';
import {
  dropSides,
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/**
 * `dropout` acts on both vectors. TorchMultimodal's default of `dim` is the width of the narrower
 * side.
 */
export type GatedSumOptions = PooledFusionOptions;

/**
 * A sum weighted by attention over the two sides: joint = α_0·P_i·x + α_1·P_t·y with α =
 * softmax(W·[x; y]) [B, 2], image x before text y. Every layer has a bias. TorchMultimodal's
 * AttentionFusionModule and its names (`attention.0`, `encoding_projection.image`,
 * `encoding_projection.text`).
 */
export function gatedSum(options: GatedSumOptions = {}): Fusion<PooledFeatures> {
  const where = 'gatedSum';
  const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
  const { dim } = settings;

  return pooledFusion({
    where,
    name: `gated-sum(${dim})`,
    settings,
    init: (key, { image, text }) =>
      mergeParams(
        initLinear(key, 'attention.0', { in: image.dim + text.dim, out: 2 }),
        initLinear(key, 'encoding_projection.image', { in: image.dim, out: dim }),
        initLinear(key, 'encoding_projection.text', { in: text.dim, out: dim }),
      ),
    prepare: (params, image, text, ctx) => {
      const [x, y] = dropSides(image, text, settings.dropout, ctx);
      const logits = concatLinear(params, 'attention.0', x, y);
      return {
        image: { logits: logits.image, value: linear(params, 'encoding_projection.image', x) },
        text: { logits: logits.text, value: linear(params, 'encoding_projection.text', y) },
      };
    },
    join: (_, image, text) => {
      const weights = softmax(add(image.logits, text.logits));
      const weight = (side: number) => slice(weights, [0, side], [weights.shape[0], 1]);
      return add(mul(image.value, weight(0)), mul(text.value, weight(1)));
    },
  });
}
