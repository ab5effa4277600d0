import { add, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import {
  dropout,
  embedding,
  initEmbedding,
  initLinear,
  learnedPositions,
} from '@crossweave/core/nn';
import { attendingToPadding } from '../transformer/attending-to-padding';
import { buildEncoder, type TransformerTextEncoder } from '../transformer/encoder';
import type { ClipTextSettings } from './options';

const words = 'text_model.embeddings.token_embedding';
const positions = 'text_model.embeddings.position_embedding';
const projectionPath = 'text_projection';

/**
 * The text tower of CLIP (Radford et al. 2021): a causal transformer with the parameter names of
 * Hugging Face's `CLIPTextModelWithProjection` (`text_projection.weight` only with `projection`).
 * The initial weights have OpenAI's standard deviations.
 *
 * Input: texts [B, N], N ≤ `maxPositions`. Tokens [B, N, D or `projection`]: the last layer after
 * the final layer norm and the projection. Mask: that of the input. A token attends to itself and
 * the real tokens before it; with `causal: false` to all tokens, padding included.
 */
export function buildClipText(where: string, settings: ClipTextSettings): TransformerTextEncoder {
  const { dim, layers, vocabulary, maxPositions, projection, endOfText, padTokenId } = settings;
  const attention = dim ** -0.5;
  // Smaller for the last layer of each residual branch, since 2·layers branches are summed.
  const residual = attention * (2 * layers) ** -0.5;
  const encoder = buildEncoder(
    where,
    {
      family: 'clip-text',
      initEmbeddings: (key) =>
        mergeParams(
          initEmbedding(key, words, { count: vocabulary, dim, standardDeviation: 0.02 }),
          initEmbedding(key, positions, { count: maxPositions, dim, standardDeviation: 0.01 }),
        ),
      embed(params, { input_ids }, ctx) {
        const places = learnedPositions(params, positions, input_ids.shape[1]);
        const x = add<Tensor3D>(embedding<Tensor3D>(params, words, input_ids), places);
        return dropout(x, settings.dropout, ctx, 'embeddings');
      },
      layer: {
        path: (index) => `text_model.encoder.layers.${index}`,
        names: {
          query: 'self_attn.q_proj',
          key: 'self_attn.k_proj',
          value: 'self_attn.v_proj',
          attentionOutput: 'self_attn.out_proj',
          attentionNorm: 'layer_norm1',
          hidden: 'mlp.fc1',
          output: 'mlp.fc2',
          outputNorm: 'layer_norm2',
        },
        normFirst: true,
        causal: settings.causal,
        deviations: {
          attention,
          attentionOutput: residual,
          hidden: (2 * dim) ** -0.5,
          output: residual,
        },
      },
      finalNorm: 'text_model.final_layer_norm',
      ...(endOfText !== undefined && { endOfText }),
      ...(projection !== false && {
        projection: { path: projectionPath, dim: projection },
        initHead: (key) => {
          const sizes = { in: dim, out: projection, bias: false };
          return initLinear(key, projectionPath, { ...sizes, standardDeviation: attention });
        },
      }),
    },
    settings,
  );
  if (padTokenId === undefined) return encoder;
  return withConfig(where, settings, attendingToPadding(where, encoder, maxPositions, padTokenId));
}
