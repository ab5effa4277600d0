import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { checkOptions, number } from '@crossweave/core/authoring';
import { momentsOf } from '../moments';
import { resolved, type Direction, type GradientTransform } from '../transform';

export interface ScaleByMomentumOptions {
  /** In [0, 1); 0 changes nothing and keeps no state. */
  readonly momentum: number;
}

/**
 * velocity ← momentum · velocity + gradient, as PyTorch's SGD. State: `momentum_buffer.<path>`.
 *
 * @throws ConfigError for a wrong option.
 */
export function scaleByMomentum(options: ScaleByMomentumOptions): GradientTransform {
  const checks = { momentum: number({ min: 0, below: 1 }) };
  checkOptions('scaleByMomentum', options, checks, ['momentum']);
  const { momentum } = options;
  if (momentum === 0) return { name: 'momentum 0', apply: (directions) => ({ directions }) };
  return {
    name: 'momentum',
    init: (params) => momentsOf('momentum_buffer', params),
    apply(directions, state, { params }) {
      const moved: Record<string, Direction> = {};
      const changed: Record<string, Tensor> = {};
      for (const [path, direction] of Object.entries(directions)) {
        const buffer = `momentum_buffer.${path}`;
        const gradient = resolved(direction, parameter(params, path));
        const velocity = add(mul(parameter(state, buffer), momentum), gradient);
        moved[path] = { value: velocity, scale: 1, decay: 0 };
        changed[buffer] = velocity;
      }
      return { directions: moved, state: changed };
    },
  };
}
