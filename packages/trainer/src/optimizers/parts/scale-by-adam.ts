import {
  add,
  div,
  mul,
  scalar,
  sqrt,
  square,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { betasCheck, epsilonCheck } from '../checks';
import { average, momentsOf } from '../moments';
import { product, withoutDecay, type Direction, type GradientTransform } from '../transform';

export interface ScaleByAdamOptions {
  /** Decay of the first and second moment, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; > 0. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * m̂ / (√v̂ + ε) of Adam (Kingma and Ba 2015), as PyTorch computes it.
 *
 * One bias correction serves all parameters: one that is frozen at first and trained later starts
 * with that of the whole run (PyTorch counts by parameter). State: `exp_avg.<path>`,
 * `exp_avg_sq.<path>`, and `bias_correction1`, `bias_correction2` (1 − β^t, kept as the moving average
 * of the constant 1, which loses no digits).
 *
 * @throws ConfigError for a wrong option.
 */
export function scaleByAdam(options: ScaleByAdamOptions = {}): GradientTransform {
  const { betas, epsilon } = readOptions<ScaleByAdamOptions>(
    'scaleByAdam',
    options,
    { betas: [0.9, 0.999], epsilon: 1e-8 },
    { betas: betasCheck, epsilon: epsilonCheck },
  );
  const [beta1, beta2] = betas;
  return {
    name: 'adam',
    init: (params) => ({
      ...momentsOf('exp_avg', params),
      ...momentsOf('exp_avg_sq', params),
      bias_correction1: scalar(0),
      bias_correction2: scalar(0),
    }),
    apply(directions, state, { params }) {
      const correction1 = average(beta1, parameter(state, 'bias_correction1'), scalar(1 - beta1));
      const correction2 = average(beta2, parameter(state, 'bias_correction2'), scalar(1 - beta2));
      const root2 = sqrt(correction2);
      const scaledEpsilon = mul(root2, epsilon);
      const stepSize: Scalar = div(root2, correction1);
      const shares = sharesOf(1 - beta1, Math.sqrt(1 - beta2));

      const moved: Record<string, Direction> = {};
      const changed: Record<string, Tensor> = {
        bias_correction1: correction1,
        bias_correction2: correction2,
      };
      for (const [path, given] of Object.entries(directions)) {
        const { value, scale } = withoutDecay(given, parameter(params, path));
        const { share, rootShare } = shares(scale);
        const mean = average(beta1, parameter(state, `exp_avg.${path}`), mul(value, share));
        // The share goes in before squaring: squares of g itself, which the norm needs as well,
        // would all be kept until the norm is known.
        const meanSquare = average(
          beta2,
          parameter(state, `exp_avg_sq.${path}`),
          square(mul(value, rootShare)),
        );
        // √v̂ + ε with v̂ = v/c₂ equals (√v + ε√c₂)/√c₂; the √c₂ is in the step size.
        const ratio = div(mean, add(sqrt(meanSquare), scaledEpsilon));
        moved[path] = { value: ratio, scale: stepSize, decay: 0 };
        changed[`exp_avg.${path}`] = mean;
        changed[`exp_avg_sq.${path}`] = meanSquare;
      }
      return { directions: moved, state: changed };
    },
  };
}

interface Shares {
  readonly share: Scalar | number;
  readonly rootShare: Scalar | number;
}

/** What a gradient of some scale is multiplied by on its way into the moments, made once a scale. */
function sharesOf(first: number, rootSecond: number): (scale: Scalar | number) => Shares {
  const known = new Map<Scalar | number, Shares>();
  return (scale) => {
    const found = known.get(scale) ?? {
      share: product(scale, first),
      rootShare: product(scale, rootSecond),
    };
    known.set(scale, found);
    return found;
  };
}
