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
import { buildEncoder, type TransformerTextEncoder } from '../transformer/encoder';
import { attendingToPadding } from '../transformer/attending-to-padding';
import type { SiglipTextSettings } from './options';

const words = 'text_model.embeddings.token_embedding';
const positions = 'text_model.embeddings.position_embedding';
const head = 'text_model.head';

/**
 * SigLIP's text tower (Zhai et al. 2023) with the parameter names of Hugging Face's
 * `SiglipTextModel`.
 *
 * The original was trained on texts that are padded to `maxPositions`; its tokens attend to
 * padding, and it pools the last position. So the encoder pads every text to that length, and the
 * padding of the batch does not matter. Tokens [B, N, E]: the real tokens after the last layer norm
 * and the head. Mask: that of the input.
 */
export function buildSiglipText(
  where: string,
  settings: SiglipTextSettings,
): TransformerTextEncoder {
  const { dim, hidden, vocabulary, maxPositions, projection, padTokenId } = settings;
  const width = dim ** -0.5;
  const inner = buildEncoder(
    where,
    {
      family: 'siglip-text',
      initEmbeddings: (key) =>
        mergeParams(
          initEmbedding(key, words, { count: vocabulary, dim, standardDeviation: width }),
          initEmbedding(key, positions, { count: maxPositions, dim, standardDeviation: width }),
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
        causal: false,
        deviations: {
          ...{ attention: width, attentionOutput: width },
          ...{ hidden: (2 / (dim + hidden)) ** 0.5, output: (2 / (dim + hidden)) ** 0.5 },
        },
      },
      finalNorm: 'text_model.final_layer_norm',
      projection: { path: head, dim: projection },
      initHead: (key) =>
        initLinear(key, head, { in: dim, out: projection, standardDeviation: width }),
    },
    { ...settings, pooling: 'last' },
  );
  return withConfig(where, settings, attendingToPadding(where, inner, maxPositions, padTokenId));
}
