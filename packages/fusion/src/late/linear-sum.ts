import { add, matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  parameter,
  type Context,
  type Fusion,
  type PooledFeatures,
} from '@crossweave/core';
import { count, readOptions, type Checks } from '@crossweave/core/authoring';
import { activations, dropout, initLinear, linear, type Activation } from '@crossweave/core/nn';
import { activationCheck, activationOrNoneCheck } from '../option-checks';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dropout` acts after the activation of each side. */
export interface LinearSumOptions extends PooledFusionOptions {
  /** Width M of the sum. Default 1200. */
  hidden?: number;
  /** Activation of each side. Default `relu`. */
  activation?: Activation;
  /**
   * Activation of the joint representation. With `none` the texts have the same order for every
   * image, as with `meanOfLogits`. Default `relu`.
   */
  outputActivation?: Activation | 'none';
}

const checks: Checks<LinearSumOptions> = {
  ...pooledFusionChecks,
  hidden: count(),
  activation: activationCheck,
  outputActivation: activationOrNoneCheck,
};

const outputs: Record<Activation | 'none', (x: Tensor2D) => Tensor2D> = {
  ...activations,
  none: (x) => x,
};

/**
 * The sum of both vectors, each after a linear layer: joint = a(W_o·(a(W_0·x) + a(W_1·y))), image
 * x, text y, every layer with a bias. MMF's LinearSum (`linear0` the image's, `linear1` the text's,
 * `linear_out`), with MMF's width and activations.
 */
export function linearSum(options: LinearSumOptions = {}): Fusion<PooledFeatures> {
  const where = 'linearSum';
  const settings = readOptions<LinearSumOptions>(
    where,
    options,
    { ...pooledFusionDefaults, hidden: 1200, activation: 'relu', outputActivation: 'relu' },
    checks,
  );
  const { dim, hidden } = settings;
  const activate = activations[settings.activation];
  const activateOutput = outputs[settings.outputActivation];

  const side = (x: Tensor2D, ctx: Context, path: string): Tensor2D =>
    dropout(activate(x), settings.dropout, ctx, path);

  return pooledFusion({
    where,
    name: `sum(${hidden}-${dim})`,
    settings,
    init: (key, { image, text }) =>
      mergeParams(
        initLinear(key, 'linear0', { in: image.dim, out: hidden }),
        initLinear(key, 'linear1', { in: text.dim, out: hidden }),
        initLinear(key, 'linear_out', { in: hidden, out: dim }),
      ),
    // W_o of a sum is the sum of two products, so each product is computed once per row.
    prepare: (params, image, text, ctx) => ({
      image: linear(params, 'linear_out', side(linear(params, 'linear0', image), ctx, 'image')),
      text: matMul(
        side(linear(params, 'linear1', text), ctx, 'text'),
        parameter<Tensor2D>(params, 'linear_out.weight'),
        false,
        true,
      ),
    }),
    join: (_, image, text) => activateOutput(add<Tensor2D>(image, text)),
  });
}
