import { initLinear } from '@crossweave/core/nn';
import { buildEncoder, type TransformerTextEncoder } from '../transformer/encoder';
import type { LayerPlan } from '../transformer/layer';
import { poolerPath } from '../transformer/pooling';
import { embed, initEmbeddings, type EmbeddingPlan } from './embeddings';
import type { BertSettings } from './options';

const layer: Omit<LayerPlan, 'deviations'> = {
  path: (index) => `encoder.layer.${index}`,
  names: {
    query: 'attention.self.query',
    key: 'attention.self.key',
    value: 'attention.self.value',
    attentionOutput: 'attention.output.dense',
    attentionNorm: 'attention.output.LayerNorm',
    hidden: 'intermediate.dense',
    output: 'output.dense',
    outputNorm: 'output.LayerNorm',
  },
  normFirst: false,
  causal: false,
};

/** The parts of an architecture that differ from BERT. */
export interface BertVariant {
  readonly family: string;
  readonly embeddings: EmbeddingPlan;
  /** The form of the layers. Default: that of BERT. */
  readonly layer?: Omit<LayerPlan, 'deviations'>;
}

/**
 * Hugging Face's `BertModel` (Devlin et al. 2018) or a variant, with its parameter names. The
 * pooling layer exists only with the pooling `'pooler'`.
 *
 * Input: texts [B, N], N ≤ `maxPositions`. Tokens [B, N, D]: the last layer. Mask: that of the
 * input. No token attends to padding; the tokens at padding have no meaning.
 */
export function buildBert(
  where: string,
  settings: BertSettings,
  variant: BertVariant = { family: 'bert', embeddings: { counts: 'all' } },
): TransformerTextEncoder {
  const { dim, pooling, initializerRange: deviation } = settings;
  const { family, embeddings } = variant;
  return buildEncoder(
    where,
    {
      family,
      initEmbeddings: (key) => initEmbeddings(key, embeddings, settings),
      embed: (params, input, ctx) => embed(params, input, embeddings, settings, ctx),
      layer: {
        ...(variant.layer ?? layer),
        deviations: {
          attention: deviation,
          attentionOutput: deviation,
          hidden: deviation,
          output: deviation,
        },
      },
      initHead: (key) =>
        pooling === 'pooler'
          ? initLinear(key, poolerPath, { in: dim, out: dim, standardDeviation: deviation })
          : {},
    },
    settings,
  );
}
