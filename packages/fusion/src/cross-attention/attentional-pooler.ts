import { mul, ones, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  normal,
  parameter,
  type Context,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import { count, type Checks } from '@crossweave/core/authoring';
import {
  initLayerNorm,
  initMultiHeadAttention,
  layerNorm,
  multiHeadAttention,
} from '@crossweave/core/nn';
import type { Tokens } from '../features';
import { epsilonCheck } from '../option-checks';
import { summaryCheck, type SummaryOptions } from '../summary';
import {
  tokenFusionDefaults,
  transformerFusion,
  transformerFusionChecks,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { textDecoder } from './text-decoder';

/** `normFirst` is true by default here, as in CoCa. */
export interface AttentionalPoolerOptions extends TransformerFusionOptions, SummaryOptions {
  /** Q, the number of learned queries that pool the image. Default 32; CoCa uses 256. */
  queries?: number;
  /** Epsilon of all layer norms, in (0, 1]. Default 1e-5. */
  epsilon?: number;
}

const checks: Checks<AttentionalPoolerOptions> = {
  ...transformerFusionChecks,
  summary: summaryCheck,
  queries: count(),
  epsilon: epsilonCheck,
};

const pooler = 'attn_pool';

/**
 * Cross-attention fusion with a pooled image (CoCa, arXiv 2205.01917). Learned queries attend to
 * the image's tokens once per row: LN(attention(LN(queries), LN(tokens))). Layers of the text (self
 * attention, attention to the Q pooled tokens, feed-forward) run once per pair. So the cost of a
 * pair does not grow with the size of the image. `joint` [B, D] is the text's `summary`, `match` a
 * linear head on it.
 *
 * CoCa's decoder generates captions with a causal mask; this fusion scores whole texts and has no
 * causal mask. The pooler has open_clip's names (`query`, `ln_q`, `ln_k`, `attn`) and
 * TorchMultimodal's `ln_post`; the layers are `layers.i` and `norm` of nn.TransformerDecoder.
 */
export function attentionalPooler(options: AttentionalPoolerOptions = {}): Fusion {
  const where = 'attentionalPooler';
  const settings = transformerSettings<AttentionalPoolerOptions>(
    where,
    options,
    { ...tokenFusionDefaults, normFirst: true, summary: 'first', queries: 32, epsilon: 1e-5 },
    checks,
  );
  const { dim, layers, heads, queries, dropout, epsilon } = settings;
  const decoder = textDecoder(settings);

  const initPooler = (key: Key): Params => {
    const query = `${pooler}.query`;
    return mergeParams(
      { [query]: normal(foldIn(key, query), [queries, dim]) },
      initMultiHeadAttention(key, `${pooler}.attn`, { dim }),
      ...['ln_q', 'ln_k', 'ln_post'].map((norm) => initLayerNorm(`${pooler}.${norm}`, dim)),
    );
  };

  const pool = (params: Params, image: Tokens, ctx: Context): Tokens => {
    const size = image.tokens.shape[0];
    const norm = <T extends Tensor2D | Tensor3D>(name: string, x: T): T =>
      layerNorm(params, `${pooler}.${name}`, x, epsilon);
    const query = norm('ln_q', parameter<Tensor2D>(params, `${pooler}.query`));
    const seen = multiHeadAttention(params, `${pooler}.attn`, {
      query: mul<Tensor3D>(query, ones([size, 1, 1])),
      context: norm('ln_k', image.tokens),
      mask: image.mask,
      heads,
      ctx,
      dropout,
    });
    return { tokens: norm('ln_post', seen), mask: ones([size, queries]) };
  };

  return transformerFusion({
    where,
    name: `attentional-pooler(${dim}x${layers}, ${queries})`,
    family: 'cross-attention',
    settings,
    width: dim,
    init: (key) => mergeParams(initPooler(key), decoder.init(key)),
    prepare: { image: pool, text: decoder.alone },
    join: decoder.join,
  });
}
