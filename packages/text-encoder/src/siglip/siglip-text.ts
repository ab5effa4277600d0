import { add, cast, mul, ones, pad, slice, sub, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type TextInput } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import {
  dropout,
  embedding,
  initEmbedding,
  initLinear,
  learnedPositions,
} from '@crossweave/core/nn';
import { buildEncoder, type TransformerTextEncoder } from '../transformer/encoder';
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
  const filled = (input: TextInput): TextInput => fillTexts(input, maxPositions, padTokenId);
  const cut = (tokens: Tensor3D, { input_ids }: TextInput): Tensor3D => {
    const [batch, count] = input_ids.shape;
    return slice(tokens, [0, 0, 0], [batch, count, tokens.shape[2]]);
  };
  return withConfig(where, settings, {
    ...inner,
    apply: (params, input, ctx) =>
      tidy(() => {
        const { tokens, pooled } = inner.apply(params, filled(input), ctx);
        const mask = cast<Tensor2D>(input.attention_mask, 'float32');
        return { tokens: cut(tokens, input), mask, pooled };
      }),
    hiddenStates: (params, input, ctx) =>
      tidy(() =>
        inner.hiddenStates(params, filled(input), ctx).map((tokens) => cut(tokens, input)),
      ),
  });
}

/**
 * Pads texts [B, N] to [B, length] with the padding id. Longer texts are unchanged; they are
 * refused later.
 */
function fillTexts(
  { input_ids, attention_mask }: TextInput,
  length: number,
  id: number,
): TextInput {
  const [batch, count] = input_ids.shape;
  const real = cast<Tensor2D>(attention_mask, 'int32');
  const ids = add<Tensor2D>(mul(input_ids, real), mul(sub(1, real), id));
  const missing = Math.max(0, length - count);
  const after: [[number, number], [number, number]] = [
    [0, 0],
    [0, missing],
  ];
  const all = missing === 0 ? ids : pad<Tensor2D>(ids, after, id);
  return {
    input_ids: cast(all, 'int32'),
    attention_mask: ones<Rank.R2>([batch, count + missing], 'int32'),
  };
}
