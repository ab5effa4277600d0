import { concat, slice, tanh, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type Params } from '@crossweave/core';
import type { Checks } from '@crossweave/core/authoring';
import { initLinear, linear, maskedMean } from '@crossweave/core/nn';
import type { Side } from '../features';
import { summaryCheck, summaryReading, type SummaryOptions } from '../summary';
import {
  imageOfEachText,
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { transformerStack } from '../transformer-stack';

export interface MergedAttentionOptions extends TransformerFusionOptions, SummaryOptions {}

const checks: Checks<MergedAttentionOptions> = {
  ...transformerFusionChecks,
  summary: summaryCheck,
};

/**
 * The merged attention that METER compares with its co-attention (arXiv 2111.02387, §3.1): one
 * stack of layers over the tokens of both sides, with the same weights for both.
 *
 * Its layers are those of `singleStream`. The result is computed differently: there is no [CLS]
 * token. The text's `summary` and the mean of the image's tokens (as METER with a Swin encoder)
 * each pass a pooler (tanh of a linear layer), and `joint` [B, 2D] concatenates the pooled image
 * and the pooled text. `match` is a linear head on it. Poolers have METER's names, layers those of
 * nn.TransformerEncoder.
 */
export function mergedAttention(options: MergedAttentionOptions = {}): Fusion {
  const where = 'mergedAttention';
  const settings = transformerSettings<MergedAttentionOptions>(
    where,
    options,
    { ...transformerFusionDefaults, summary: 'first' },
    checks,
  );
  const { dim, layers } = settings;
  const encoder = transformerStack('encoder', settings);
  const reading = summaryReading(settings.summary);
  const pooler = (side: Side): string => `cross_modal_${side}_pooler.dense`;

  const pool = (params: Params, side: Side, summary: Tensor2D): Tensor2D =>
    tanh(linear(params, pooler(side), summary));

  return transformerFusion({
    where,
    name: `merged-attention(${dim}x${layers})`,
    family: 'cross-attention',
    settings,
    width: 2 * dim,
    init: (key) =>
      mergeParams(
        encoder.init(key),
        initLinear(key, pooler('image'), { in: dim, out: dim }),
        initLinear(key, pooler('text'), { in: dim, out: dim }),
      ),
    join: (params, images, text, ctx) => {
      const image = imageOfEachText(images, text);
      const [size, count] = image.mask.shape;
      const mask = concat([image.mask, text.mask], 1);
      // The image comes first. If only the first text token is read, the tokens that the last layer
      // need not compute are then at the end.
      const tokens: Tensor3D = concat([image.tokens, text.tokens], 1);
      const read = count + (reading.keep ?? text.tokens.shape[1]);
      const x = encoder.apply(params, tokens, mask, ctx, read);
      const part = (from: number, length: number): Tensor3D =>
        slice(x, [0, from, 0], [size, length, dim]);
      const words = { tokens: part(count, x.shape[1] - count), mask: text.mask };
      const seen = maskedMean(part(0, count), image.mask);
      return concat([pool(params, 'image', seen), pool(params, 'text', reading.of(words))], 1);
    },
  });
}
