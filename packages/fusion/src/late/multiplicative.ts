import { add, matMul, mul, reshape, sum } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  parameter,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { oneOf, readOptions } from '@crossweave/core/authoring';
import { initLinear, linear, uniformInit } from '@crossweave/core/nn';
import type { Side } from '../features';
import { modulatedFusion, modulationChecks, type ModulatedFusionOptions } from './modulated-fusion';
import { pooledFusionDefaults } from './pooled-fusion';

export interface MultiplicativeOptions extends ModulatedFusionOptions {
  /** The side from whose vector x the weights are computed. Default `image`. */
  modulator?: Side;
  /**
   * The weights that are computed from x: a full matrix (D_x·D_y·D parameters), a diagonal
   * (`vector`), or one number. Default `vector`.
   */
  form?: 'matrix' | 'vector' | 'scalar';
}

/** One of the three forms of weights, and how they are applied to vectors y [B_y, D_y]. */
interface Form {
  readonly init: (key: Key, y: number, x: number) => Params;
  /** The vector y' that the weights are applied to. */
  readonly base: (params: Params, y: Tensor2D) => Tensor2D;
  /** y'·W of aligned rows. */
  readonly product: (y: Tensor2D, weight: Tensor2D) => Tensor2D;
  /** W·h for a head h [1, D], [B_x, width of `base`]: a score is its product with a row of `base`. */
  readonly contract: (weight: Tensor2D, head: Tensor2D) => Tensor2D;
}

/**
 * Multiplicative interactions (Jayakumar et al., ICLR 2020; the forms of MultiBench): the vector x
 * of one side gives the weights of a layer for the vector y of the other side, joint = y'·(W·x + V)
 * + (U·x + b). The layer `hyper_weight` holds W and V, `hyper_bias` U and b.
 *
 * - `matrix`: W·x + V is [D_y, D] and U·x + b is [D].
 * - `vector`: both are [D], multiplied and added entry by entry.
 * - `scalar`: both are one number.
 *
 * The published `vector` and `scalar` keep the width of y; here `projection`, without bias, first
 * brings y to width D. The scores are a bilinear form, so one matrix product computes all of them.
 */
export function multiplicative(options: MultiplicativeOptions = {}): Fusion<PooledFeatures> {
  const where = 'multiplicative';
  const settings = readOptions<MultiplicativeOptions>(
    where,
    options,
    { ...pooledFusionDefaults, modulator: 'image', form: 'vector' },
    { ...modulationChecks, form: oneOf('matrix', 'vector', 'scalar') },
  );
  const { dim, modulator } = settings;
  const forms = { matrix: matrix(dim), vector: gate(dim, dim), scalar: gate(dim, 1) };
  const form: Form = forms[settings.form];

  return modulatedFusion({
    where,
    name: `multiplicative(${dim}, ${settings.form} by ${modulator})`,
    settings,
    init: (key, y, x) => form.init(key, y.dim, x.dim),
    base: form.base,
    modulation: (params, x) => ({
      weight: linear(params, 'hyper_weight', x),
      bias: linear(params, 'hyper_bias', x),
    }),
    join: (y, { weight, bias }) => add(form.product(y, weight), bias),
    score: (params, y, { weight, bias }) => {
      const head = parameter<Tensor2D>(params, 'match_head.weight');
      const products = matMul(y, form.contract(weight, head), false, true);
      const shift = add(sum(mul(bias, head), 1), parameter(params, 'match_head.bias'));
      return add(products, shift);
    },
  });
}

function matrix(dim: number): Form {
  return {
    init: (key, y, x) => {
      // The resulting weights, which are sums over x, are then as small as those of a linear layer
      // over y.
      const bound = 1 / Math.sqrt(x * y);
      const draw = (path: string, shape: number[]): Params => ({
        [path]: uniformInit(foldIn(key, path), shape, bound),
      });
      return mergeParams(
        draw('hyper_weight.weight', [y * dim, x]),
        draw('hyper_weight.bias', [y * dim]),
        initLinear(key, 'hyper_bias', { in: x, out: dim }),
      );
    },
    base: (_, y) => y,
    product: (y, weight) => {
      const [size, width] = y.shape;
      const matrices = reshape<Rank.R3>(weight, [size, width, dim]);
      return reshape(matMul(reshape<Rank.R3>(y, [size, 1, width]), matrices), [size, dim]);
    },
    contract: (weight, head) => {
      const [size, entries] = weight.shape;
      const columns = matMul(reshape<Rank.R2>(weight, [-1, dim]), head, false, true);
      return reshape(columns, [size, entries / dim]);
    },
  };
}

/** The form `vector` with D numbers, or `scalar` with one. */
function gate(dim: number, numbers: number): Form {
  return {
    init: (key, y, x) =>
      mergeParams(
        initLinear(key, 'projection', { in: y, out: dim, bias: false }),
        initLinear(key, 'hyper_weight', { in: x, out: numbers }),
        initLinear(key, 'hyper_bias', { in: x, out: numbers }),
      ),
    base: (params, y) => linear(params, 'projection', y),
    product: (y, weight) => mul(y, weight),
    contract: (weight, head) => mul(weight, head),
  };
}
