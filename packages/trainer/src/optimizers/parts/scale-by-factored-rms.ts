import {
  add,
  div,
  maximum,
  mean,
  mul,
  rsqrt,
  sqrt,
  square,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { hostValue, isBuffer, parameter, type StepClock } from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { epsilonCheck } from '../checks';
import { resolved, type Direction, type GradientTransform } from '../transform';

export interface ScaleByFactoredRmsOptions {
  /** c in β₂ = 1 − t^c at step t (from 1), below 0. Default −0.8. */
  readonly beta2Decay?: number;
  /** Largest root mean square of a direction, > 0. Default 1. */
  readonly threshold?: number;
  /** Its square is the least second moment; > 0. Default 2^−23, float32's resolution, as PyTorch. */
  readonly epsilon?: number;
}

/**
 * g / √v of Adafactor (Shazeer and Stern 2018, arXiv 1804.04235), scaled down to a root mean square of
 * `threshold`. Of a parameter of two dimensions or more v is kept as the means of its rows and of its
 * columns: much less memory than Adam's moments. State: `row_var.<path>` and `col_var.<path>`, or
 * `variance.<path>`.
 *
 * @throws ConfigError for a wrong option.
 */
export function scaleByFactoredRms(options: ScaleByFactoredRmsOptions = {}): GradientTransform {
  const { beta2Decay, threshold, epsilon } = readOptions(
    'scaleByFactoredRms',
    options,
    { beta2Decay: -0.8, threshold: 1, epsilon: 2 ** -23 },
    { beta2Decay: number({ below: 0 }), threshold: number({ above: 0 }), epsilon: epsilonCheck },
  );
  return {
    name: 'factored rms',
    init(params) {
      const state: Record<string, Tensor> = {};
      for (const [path, { shape, rank }] of Object.entries(params)) {
        if (isBuffer(path)) continue;
        if (rank < 2) state[`variance.${path}`] = zeros(shape);
        else {
          state[`row_var.${path}`] = zeros([...shape.slice(0, -1), 1]);
          state[`col_var.${path}`] = zeros([...shape.slice(0, -2), 1, shape.at(-1)!]);
        }
      }
      return state;
    },
    apply(directions, state, ctx) {
      const { params } = ctx;
      const decay = hostValue<StepClock>(ctx).map(({ step }) => (step + 1) ** beta2Decay);
      const [share, rest] = [decay.scalar((own) => own), decay.scalar((own) => 1 - own)];
      const moved: Record<string, Direction> = {};
      const changed: Record<string, Tensor> = {};
      for (const [path, direction] of Object.entries(directions)) {
        const gradient = resolved(direction, parameter(params, path));
        const follow = (name: string, now: Tensor): Tensor => {
          const entry = `${name}.${path}`;
          changed[entry] = add(mul(parameter(state, entry), rest), mul(now, share));
          return changed[entry];
        };
        const variance = varianceOf(gradient, follow, epsilon);
        const ratio = mul(rsqrt(maximum(variance, epsilon * epsilon)), gradient);
        const size = sqrt(mean(square(ratio)));
        const scale = div(1, maximum(div(size, threshold), 1));
        moved[path] = { value: ratio, scale: scale as Direction['scale'], decay: 0 };
      }
      return { directions: moved, state: changed };
    },
  };
}

/** The estimate of E[g²], by rows and columns where there are both. */
function varianceOf(
  gradient: Tensor,
  follow: (name: string, now: Tensor) => Tensor,
  epsilon: number,
): Tensor {
  const squares = square(gradient);
  if (gradient.rank < 2) return follow('variance', squares);
  const rows = follow('row_var', mean(squares, -1, true));
  const columns = follow('col_var', mean(squares, -2, true));
  return div(mul(rows, columns), maximum(mean(rows, -2, true), epsilon));
}
