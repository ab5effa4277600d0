import { add, mul, relu, split, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { initLinear, linear } from '@crossweave/core/nn';
import type { Side } from '../features';
import { modulatedFusion, modulationChecks, type ModulatedFusionOptions } from './modulated-fusion';
import { pooledFusionDefaults } from './pooled-fusion';

export interface FilmOptions extends ModulatedFusionOptions {
  /**
   * The side from which γ and β are computed. Default `text`, as in the paper, where questions
   * modulate images.
   */
  modulator?: Side;
}

/**
 * Feature-wise linear modulation (Perez et al., arXiv 1709.07871): the vector of one side is scaled
 * and shifted entry by entry with γ and β, which are computed from the vector of the other side,
 * then rectified: joint = relu((1 + Δγ(y))∘(P·x) + β(y)), by default image x and text y.
 * `projection` [D, D_x] brings x to width D; `film` [2D, D_y] gives Δγ above β. As in the paper,
 * the scale is 1 + Δγ, so that it is about 1 initially, and a ReLU follows. (MultiBench's FiLM has
 * neither, and no projection.)
 */
export function film(options: FilmOptions = {}): Fusion<PooledFeatures> {
  const where = 'film';
  const settings = readOptions<FilmOptions>(
    where,
    options,
    { ...pooledFusionDefaults, modulator: 'text' },
    modulationChecks,
  );
  const { dim, modulator } = settings;

  return modulatedFusion({
    where,
    name: `film(${dim}, by ${modulator})`,
    settings,
    init: (key, base, by) =>
      mergeParams(
        initLinear(key, 'projection', { in: base.dim, out: dim }),
        initLinear(key, 'film', { in: by.dim, out: 2 * dim }),
      ),
    base: (params, x) => linear(params, 'projection', x),
    modulation: (params, y) => {
      const [scale, shift] = split(linear(params, 'film', y), 2, 1) as [Tensor2D, Tensor2D];
      return { scale: add<Tensor2D>(scale, 1), shift };
    },
    join: (x, { scale, shift }) => relu(add<Tensor2D>(mul(x, scale), shift)),
  });
}
