import { cast, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  checkShapes,
  mergeParams,
  showShape,
  type Context,
  type Key,
  type LayeredEncoder,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import {
  initLayerNorm,
  layerNorm,
  linear,
  normalize,
  runLayer,
  type Block,
} from '@crossweave/core/nn';
import { applyLayer, initLayer, type LayerPlan } from './layer';
import type { TransformerSettings } from './options';
import { poolings, type Pooled } from './pooling';

/** The parts of an encoder that differ between architectures. */
export interface Architecture {
  /** The first word of the encoder's name: `bert`. */
  readonly family: string;
  readonly initEmbeddings: (key: Key) => Params;
  /** int32 [B, N] → [B, N, D]. */
  readonly embed: (params: Params, input: TextInput, ctx: Context) => Tensor3D;
  readonly layer: LayerPlan;
  /** Path of the layer norm after the last layer. Absent: there is none. */
  readonly finalNorm?: string;
  /** Parameters of pooling and projection. Absent: there are none. */
  readonly initHead?: (key: Key) => Params;
  /** The end token, for the pooling `eot`; the other poolings do not read it. */
  readonly endOfText?: Pooled['endOfText'];
  /** The linear layer that maps all tokens to `dim` at the end. Absent: there is none. */
  readonly projection?: { readonly path: string; readonly dim: number };
}

/** An encoder of token ids, with the limits of ids and texts. */
export interface TransformerTextEncoder extends LayeredEncoder<TextInput> {
  /** Number of rows of the word table; ids are in [0, vocabulary). */
  readonly vocabulary: number;
  /** Number of tokens of the longest text that the encoder accepts. */
  readonly maxTokens: number;
}

/** Builds an encoder of an architecture with the given sizes. */
export function buildEncoder(
  where: string,
  architecture: Architecture,
  settings: TransformerSettings,
): TransformerTextEncoder {
  const { family, layer, finalNorm, projection, endOfText } = architecture;
  const { dim, layers, maxPositions, epsilon, pooling } = settings;
  const paths = Array.from({ length: layers }, (_, i) => layer.path(i));

  const run = (params: Params, input: TextInput, mask: Tensor2D, ctx: Context): Tensor3D[] => {
    const states = [architecture.embed(params, input, ctx)];
    for (const path of paths) {
      const block: Block<readonly [Tensor3D, Tensor2D], Tensor3D> = (own, [x, seen], at) =>
        applyLayer(own, path, x, seen, layer, settings, at);
      states.push(runLayer(block, params, path, [states.at(-1)!, mask], ctx));
    }
    return states;
  };

  return withConfig(where, settings, {
    name: `${family}(${layers}x${dim}, ${pooling}${settings.normalize ? ', normalized' : ''})`,
    features: { dim: projection?.dim ?? dim, tokens: 'varies' },
    vocabulary: settings.vocabulary,
    maxTokens: maxPositions,
    init: (key) =>
      tidy(() =>
        mergeParams(
          architecture.initEmbeddings(key),
          ...paths.map((path) => initLayer(key, path, layer, settings)),
          finalNorm === undefined ? {} : initLayerNorm(finalNorm, dim),
          architecture.initHead?.(key) ?? {},
        ),
      ),
    apply(params, input, ctx) {
      checkInput(`${where}.apply`, input, maxPositions);
      return tidy(() => {
        const mask = cast<Tensor2D>(input.attention_mask, 'float32');
        const last = run(params, input, mask, ctx).at(-1)!;
        const normed = finalNorm === undefined ? last : layerNorm(params, finalNorm, last, epsilon);
        const tokens = projection === undefined ? normed : linear(params, projection.path, normed);
        const ids = input.input_ids;
        const pooled = poolings[pooling]({ tokens, mask, ids, params, endOfText });
        return { tokens, mask, pooled: settings.normalize ? normalize(pooled) : pooled };
      });
    },
    hiddenStates(params, input, ctx) {
      checkInput(`${where}.hiddenStates`, input, maxPositions);
      return tidy(() => run(params, input, cast<Tensor2D>(input.attention_mask, 'float32'), ctx));
    },
  });
}

/** @throws ShapeError for tensors that do not fit each other, or texts that are too long. */
export function checkInput(where: string, input: TextInput, maxPositions: number): void {
  const { input_ids, attention_mask, token_type_ids } = input;
  const { N } = checkShapes(where, {
    input_ids: [input_ids, ['B', 'N']],
    attention_mask: [attention_mask, ['B', 'N']],
    ...(token_type_ids && { token_type_ids: [token_type_ids, ['B', 'N']] as const }),
  });
  if (input_ids.dtype !== 'int32') {
    throw new ShapeError('ids must be int32', {
      where,
      expected: 'int32',
      got: input_ids.dtype,
    });
  }
  if (N > maxPositions) {
    throw new ShapeError('the texts are longer than the position table', {
      where,
      expected: `at most ${maxPositions} tokens`,
      got: showShape(['B', N]),
      advice: `Truncate the texts to ${maxPositions} tokens, or raise maxPositions (before training).`,
    });
  }
}
