import { cast, tidy, type Rank, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  type Context,
  type Key,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import {
  dropout,
  embedding,
  normalInit,
  normalize,
  rotation,
  runLayer,
  type Block,
  type Rotation,
} from '@crossweave/core/nn';
import { checkInput, type TransformerTextEncoder } from '../transformer/encoder';
import { poolings } from '../transformer/pooling';
import { applyLayer, initLayer, initNorm, norm, type ModernBertLayer } from './layer';
import {
  modernBertSettings,
  type ModernBertOptions,
  type ModernBertOptionsWithVocabulary,
} from './options';

const words = 'embeddings.tok_embeddings';
const firstNorm = 'embeddings.norm';
const lastNorm = 'final_norm';

/**
 * ModernBERT (Warner et al. 2024) of any size, with the parameter names of Hugging Face's
 * `ModernBertModel`: rotary positions, gated feed-forward layers, norms without bias, and attention
 * to the tokens around in two of three layers. Except for the vocabulary, the defaults are those of
 * `answerdotai/ModernBERT-base`.
 *
 * Input: texts [B, N], N ≤ `maxPositions`. Tokens [B, N, D]: the last layer after its norm. No token
 * attends to padding; the tokens at padding have no meaning.
 *
 * @throws ConfigError for an unknown option, a wrong value, a vocabulary that contradicts the
 *   tokenizer, or a missing one.
 */
export function modernBert(options: ModernBertOptionsWithVocabulary): TransformerTextEncoder {
  return buildModernBert('modernBert', options);
}

export function buildModernBert(where: string, options: ModernBertOptions): TransformerTextEncoder {
  const settings = modernBertSettings(where, options);
  const { vocabulary, dim, pooling, epsilon, heads, maxPositions } = settings;
  const layers = Array.from({ length: settings.layers }, (_, i): ModernBertLayer => ({
    path: `layers.${i}`,
    first: i === 0,
    global: i % settings.globalEvery === 0,
  }));

  const run = (params: Params, input: TextInput, mask: Tensor2D, ctx: Context): Tensor3D[] => {
    const embedded = norm(
      params,
      firstNorm,
      embedding<Tensor3D>(params, words, input.input_ids),
      epsilon,
    );
    const states = [dropout(embedded, settings.dropout, ctx, 'embeddings')];
    const tokens = input.input_ids.shape[1];
    const global = positions(tokens, dim / heads, settings.globalTheta);
    const local = positions(tokens, dim / heads, settings.localTheta);
    for (const layer of layers) {
      const { cos, sin } = layer.global ? global : local;
      const block: Block<readonly [Tensor3D, Tensor2D, Tensor2D, Tensor2D], Tensor3D> = (
        own,
        [x, seen, c, s],
        at,
      ) => applyLayer(own, layer, x, seen, { cos: c, sin: s }, settings, at);
      states.push(runLayer(block, params, layer.path, [states.at(-1)!, mask, cos, sin], ctx));
    }
    return states;
  };

  return withConfig(where, settings, {
    name: `modernbert(${layers.length}x${dim}, ${pooling}${settings.normalize ? ', normalized' : ''})`,
    features: { dim, tokens: 'varies' },
    vocabulary,
    maxTokens: maxPositions,
    init: (key) =>
      tidy(() =>
        mergeParams(
          initWords(key, vocabulary, dim, settings.initializerRange),
          initNorm(firstNorm, dim),
          ...layers.map((layer) => initLayer(key, layer, settings)),
          initNorm(lastNorm, dim),
        ),
      ),
    apply(params, input, ctx) {
      checkInput(`${where}.apply`, input, maxPositions);
      return tidy(() => {
        const mask = cast<Tensor2D>(input.attention_mask, 'float32');
        const tokens = norm(params, lastNorm, run(params, input, mask, ctx).at(-1)!, epsilon);
        const pooled = poolings[pooling]({ tokens, mask, ids: input.input_ids, params });
        return { tokens, mask, pooled: settings.normalize ? normalize(pooled) : pooled };
      });
    },
    hiddenStates(params, input, ctx) {
      checkInput(`${where}.hiddenStates`, input, maxPositions);
      return tidy(() => run(params, input, cast<Tensor2D>(input.attention_mask, 'float32'), ctx));
    },
  });
}

function initWords(key: Key, rows: number, dim: number, deviation: number): Params {
  const path = `${words}.weight`;
  return { [path]: normalInit<Rank.R2>(foldIn(key, path), [rows, dim], deviation) };
}

/** The n-th token is turned by n · θ^(−2i / Dh), i < Dh / 2. */
function positions(tokens: number, headDim: number, theta: number): Rotation {
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  const angles = Array.from({ length: tokens }, (_, n) => frequencies.map((each) => n * each));
  return rotation(angles, headDim);
}
