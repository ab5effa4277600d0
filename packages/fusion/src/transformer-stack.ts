import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import {
  initLayerNorm,
  initTransformerBlock,
  layerNorm,
  transformerBlock,
} from '@crossweave/core/nn';
import type { TransformerFusionOptions } from './transformer-fusion';

type StackSettings = Pick<
  Required<TransformerFusionOptions>,
  'dim' | 'layers' | 'heads' | 'hidden' | 'dropout' | 'normFirst'
>;

/**
 * The transformer of a fusion with one sequence: the blocks `path.layers.i` of
 * nn.TransformerEncoder, with `path.norm` at the end if `normFirst`.
 */
export function transformerStack(path: string, settings: StackSettings) {
  const { dim, layers, heads, hidden, dropout, normFirst } = settings;
  return {
    init: (key: Key): Params =>
      mergeParams(
        ...Array.from({ length: layers }, (_, i) =>
          initTransformerBlock(key, `${path}.layers.${i}`, { dim, hidden }),
        ),
        normFirst ? initLayerNorm(`${path}.norm`, dim) : {},
      ),
    /** [B, N, D] and the mask [B, N] → [B, keep, D]: the last layer computes the first `keep` tokens. */
    apply: (
      params: Params,
      tokens: Tensor3D,
      mask: Tensor2D,
      ctx: Context,
      keep: number,
    ): Tensor3D => {
      let x = tokens;
      for (let i = 0; i < layers; i++) {
        const kept = i === layers - 1 ? keep : undefined;
        const block = { mask, heads, ctx, normFirst, dropout, keep: kept };
        x = transformerBlock(params, `${path}.layers.${i}`, x, block);
      }
      return normFirst ? layerNorm(params, `${path}.norm`, x) : x;
    },
  };
}
