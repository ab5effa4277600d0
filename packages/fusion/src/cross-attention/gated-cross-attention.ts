import { add, fill, mul, tanh, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  parameter,
  type Context,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import { number, type Checks } from '@crossweave/core/authoring';
import {
  dropout as drop,
  gelu,
  initLayerNorm,
  initLinear,
  initMultiHeadAttention,
  initTransformerBlock,
  layerNorm,
  linear,
  multiHeadAttention,
  transformerBlock,
} from '@crossweave/core/nn';
import type { Tokens } from '../features';
import { summaryCheck, summaryReading, type SummaryOptions } from '../summary';
import {
  tokenFusionChecks,
  tokenFusionDefaults,
  transformerFusion,
  transformerSettings,
  type TokenFusionOptions,
} from '../transformer-fusion';

export interface GatedCrossAttentionOptions extends TokenFusionOptions, SummaryOptions {
  /**
   * Initial value a of every gate; a gate multiplies by tanh(a). With 0 a new model ignores the
   * image, so a pre-trained language model is unchanged initially, and only the gates get gradients
   * in the first step. Untrained layers learn faster with 1. Default 0, as in the paper.
   */
  gate?: number;
}

const checks: Checks<GatedCrossAttentionOptions> = {
  ...tokenFusionChecks,
  summary: summaryCheck,
  gate: number(),
};

/**
 * Cross-attention fusion through gates (Flamingo, arXiv 2204.14198). Before each layer of the text,
 * y = x + tanh(a)·attention(LN(x), image) and z = y + tanh(b)·FFN(LN(y)) are computed with learned
 * scalars a and b. The layer has self attention and a feed-forward network, with layer norm first.
 * `joint` [B, D] is the text's `summary`, `match` a linear head on it.
 *
 * Flamingo first resamples the image to 64 learned latents; here the text attends to all image
 * tokens (`attentionalPooler` has learned latents). `gated_cross_attn_layers.i` holds `attn_gate`
 * and `ff_gate` [1], `multihead_attn`, `linear1`, `linear2` and their norms; `layers.i` and `norm`
 * are those of nn.TransformerEncoder.
 */
export function gatedCrossAttention(options: GatedCrossAttentionOptions = {}): Fusion {
  const where = 'gatedCrossAttention';
  const settings = transformerSettings<GatedCrossAttentionOptions>(
    where,
    options,
    { ...tokenFusionDefaults, summary: 'first', gate: 0 },
    checks,
  );
  const { dim, layers, heads, hidden, dropout, gate } = settings;
  const reading = summaryReading(settings.summary);

  const initGated = (key: Key, path: string): Params =>
    mergeParams(
      { [`${path}.attn_gate`]: fill([1], gate), [`${path}.ff_gate`]: fill([1], gate) },
      initLayerNorm(`${path}.norm1`, dim),
      initMultiHeadAttention(key, `${path}.multihead_attn`, { dim }),
      initLayerNorm(`${path}.norm2`, dim),
      initLinear(key, `${path}.linear1`, { in: dim, out: hidden }),
      initLinear(key, `${path}.linear2`, { in: hidden, out: dim }),
    );

  const gated = (
    params: Params,
    path: string,
    text: Tensor3D,
    image: Tokens,
    ctx: Context,
  ): Tensor3D => {
    const open = (x: Tensor3D, name: string, change: Tensor3D): Tensor3D => {
      const kept = drop(change, dropout, ctx, `${path}.${name}`);
      return add(x, mul(kept, tanh(parameter(params, `${path}.${name}`))));
    };
    const seen = multiHeadAttention(params, `${path}.multihead_attn`, {
      query: layerNorm(params, `${path}.norm1`, text),
      context: image.tokens,
      mask: image.mask,
      heads,
      ctx,
      dropout,
    });
    const x = open(text, 'attn_gate', seen);
    const inner = gelu(linear(params, `${path}.linear1`, layerNorm(params, `${path}.norm2`, x)));
    const kept = drop(inner, dropout, ctx, `${path}.linear1`);
    return open(x, 'ff_gate', linear(params, `${path}.linear2`, kept));
  };

  return transformerFusion({
    where,
    name: `gated-cross-attention(${dim}x${layers})`,
    family: 'cross-attention',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        ...Array.from({ length: layers }, (_, i) =>
          mergeParams(
            initGated(key, `gated_cross_attn_layers.${i}`),
            initTransformerBlock(key, `layers.${i}`, { dim, hidden }),
          ),
        ),
        initLayerNorm('norm', dim),
      ),
    join: (params, image, { tokens, mask }, ctx): Tensor2D => {
      let x = tokens;
      for (let i = 0; i < layers; i++) {
        x = gated(params, `gated_cross_attn_layers.${i}`, x, image, ctx);
        const keep = i === layers - 1 ? reading.keep : undefined;
        const block = { mask, heads, ctx, dropout, normFirst: true, keep };
        x = transformerBlock(params, `layers.${i}`, x, block);
      }
      return reading.of({ tokens: layerNorm(params, 'norm', x), mask });
    },
  });
}
