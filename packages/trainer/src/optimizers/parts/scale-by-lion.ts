import { add, mul, sign, type Tensor } from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { betasCheck } from '../checks';
import { average, momentsOf } from '../moments';
import { sharedProduct, withoutDecay, type Direction, type GradientTransform } from '../transform';

export interface ScaleByLionOptions {
  /** Share of the old average in the direction and in the average, each in [0, 1). Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
}

/**
 * sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g, of Lion (Chen et al. 2023, arXiv 2302.06675).
 * State: `exp_avg.<path>`.
 *
 * @throws ConfigError for a wrong option.
 */
export function scaleByLion(options: ScaleByLionOptions = {}): GradientTransform {
  const { betas } = readOptions<ScaleByLionOptions>(
    'scaleByLion',
    options,
    { betas: [0.9, 0.99] },
    { betas: betasCheck },
  );
  const [beta1, beta2] = betas;
  return {
    name: 'lion',
    init: (params) => momentsOf('exp_avg', params),
    apply(directions, state, { params }) {
      const [mix, follow] = [sharedProduct(1 - beta1), sharedProduct(1 - beta2)];
      const moved: Record<string, Direction> = {};
      const changed: Record<string, Tensor> = {};
      for (const [path, given] of Object.entries(directions)) {
        const { value, scale } = withoutDecay(given, parameter(params, path));
        const old = parameter(state, `exp_avg.${path}`);
        const mixed = add(mul(old, beta1), mul(value, mix(scale)));
        moved[path] = { value: sign(mixed), scale: 1, decay: 0 };
        changed[`exp_avg.${path}`] = average(beta2, old, mul(value, follow(scale)));
      }
      return { directions: moved, state: changed };
    },
  };
}
