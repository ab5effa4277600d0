import { cast, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  checkShapes,
  mergeParams,
  showShape,
  type Encoder,
  type TextInput,
} from '@crossweave/core';
import { initDense } from './dense';
import { embed, initEmbeddings } from './embeddings';
import { applyLayer, initLayer } from './layer';
import { bertSettings, type BertOptions, type BertPreset } from './options';
import { poolerPath, poolings } from './pooling';

/**
 * Hugging Face's `BertModel` (Devlin et al. 2018), parameters under its names; the pooling layer
 * is there only when the pooling is `'pooler'`.
 *
 * Reads ids and mask [B, N], N ≤ `maxPositions`. Tokens: the last layer's, [B, N, D]; mask: the
 * input's. Padding is never attended to; its own tokens hold values without a meaning.
 */
export function buildBert(
  where: string,
  options: BertOptions,
  preset: BertPreset,
): Encoder<TextInput> {
  const settings = bertSettings(where, options, preset);
  const { dim, layers, pooling, maxPositions, initializerRange } = settings;
  const paths = Array.from({ length: layers }, (_, layer) => `encoder.layer.${layer}`);

  return {
    name: `bert(${layers}x${dim}, ${pooling})`,
    features: { dim, tokens: 'varies' },
    init: (key) =>
      tidy(() =>
        mergeParams(
          initEmbeddings(key, settings),
          ...paths.map((path) => initLayer(key, path, settings)),
          pooling === 'pooler'
            ? initDense(key, poolerPath, { in: dim, out: dim }, initializerRange)
            : {},
        ),
      ),
    apply(params, input, ctx) {
      checkInput(`${where}.apply`, input, maxPositions);
      return tidy(() => {
        const mask = cast<Tensor2D>(input.attention_mask, 'float32');
        const tokens = paths.reduce(
          (x, path) => applyLayer(params, path, x, mask, settings, ctx),
          embed(params, input.input_ids, settings, ctx),
        );
        return { tokens, mask, pooled: poolings[pooling](tokens, mask, params) };
      });
    },
  };
}

function checkInput(where: string, input: TextInput, maxPositions: number): void {
  const { N } = checkShapes(where, {
    input_ids: [input.input_ids, ['B', 'N']],
    attention_mask: [input.attention_mask, ['B', 'N']],
  });
  if (N > maxPositions) {
    throw new ShapeError('the texts are longer than the position table', {
      where,
      expected: `at most ${maxPositions} tokens`,
      got: showShape(['B', N]),
      advice: `Truncate the texts to ${maxPositions} tokens, or raise maxPositions (before training).`,
    });
  }
}
