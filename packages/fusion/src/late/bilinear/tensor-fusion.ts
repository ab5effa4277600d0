import { add, concat, matMul, mul, ones, reshape } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { parameter, type Fusion, type PooledFeatures } from '@crossweave/core';
import { boolean, readOptions } from '@crossweave/core/authoring';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '../pooled-fusion';
import { initProjections, project, sidePaths } from './projections';

/** `dropout` acts on the projections. */
export interface TensorFusionOptions extends PooledFusionOptions {
  /**
   * Width of each side's projection; the joint representation has width (`dim` + 1)². Default 32.
   */
  dim?: number;
  /**
   * Whether to project the vectors. Without projections the joint representation has width (D_i +
   * 1)·(D_t + 1). Default true.
   */
  project?: boolean;
}

/**
 * Tensor fusion (Zadeh et al. 2017, arXiv 1707.07250): joint = [1; x'] ⊗ [1; y'], flattened row by
 * row. So it contains x', y' and all products of their entries. The outer product has no
 * parameters. The projections x' = W_0 x + b_0 (`linear0`) and y' (`linear1`) keep it small, as the
 * sub-networks of the paper do. The ones come first, as in MultiBench.
 *
 * A linear head on the tensor is a bilinear form, so all scores are computed by two matrix
 * products.
 */
export function tensorFusion(options: TensorFusionOptions = {}): Fusion<PooledFeatures> {
  const where = 'tensorFusion';
  const settings = readOptions<TensorFusionOptions>(
    where,
    options,
    { ...pooledFusionDefaults, dim: 32, project: true },
    { ...pooledFusionChecks, project: boolean() },
  );
  const { dim, dropout } = settings;
  const paths = sidePaths('linear');
  const widthOf = (spec: { dim: number }): number => (settings.project ? dim : spec.dim) + 1;

  return pooledFusion<Tensor2D, Tensor2D>({
    where,
    name: settings.project ? `tensor-fusion(${dim})` : 'tensor-fusion(plain)',
    settings,
    width: ({ image, text }) => widthOf(image) * widthOf(text),
    init: (key, specs) => (settings.project ? initProjections(key, where, paths, specs, dim) : {}),
    prepare: (params, image, text, ctx) => {
      if (!settings.project) return { image: withOne(image), text: withOne(text) };
      return {
        image: withOne(project(params, paths.image, image, dropout, ctx)),
        text: withOne(project(params, paths.text, text, dropout, ctx)),
      };
    },
    join: (_, image, text) => {
      const [rows, left] = image.shape;
      const [, right] = text.shape;
      const tensor = mul(reshape(image, [rows, left, 1]), reshape(text, [rows, 1, right]));
      return reshape<Rank.R2>(tensor, [rows, left * right]);
    },
    score: (params, image, text) => {
      const form = reshape<Rank.R2>(parameter(params, 'match_head.weight'), [
        image.shape[1],
        text.shape[1],
      ]);
      const scores = matMul(matMul(image, form), text, false, true);
      return add(scores, parameter<Tensor1D>(params, 'match_head.bias'));
    },
  });
}

/** [1; x] of each row: [B, D] → [B, 1 + D]. */
export function withOne(x: Tensor2D): Tensor2D {
  return concat([ones<Rank.R2>([x.shape[0], 1]), x], 1);
}
