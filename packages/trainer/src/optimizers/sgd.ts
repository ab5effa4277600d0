import { add, mul, scalar, sub, tidy, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { isBuffer, mapParams, parameter, withPrefix, type Optimizer } from '@crossweave/core';
import { anyOf, checkOptions, exactly, number } from '@crossweave/core/authoring';
import { clipScale, globalNorm } from './clip';
import { rateChecks, rateGroups, type LearningRate, type RateOptions } from './groups';

export interface SgdOptions extends RateOptions {
  readonly learningRate: LearningRate;
  /** In [0, 1). Default 0. */
  readonly momentum?: number;
  /** Largest global norm of the gradients, > 0. Default Infinity: no clipping. */
  readonly clipNorm?: number;
}

/**
 * Stochastic gradient descent with momentum as in PyTorch's `torch.optim.SGD`
 * (velocity = momentum·velocity + gradient). State: `momentum_buffer.<path>`.
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter without a rate or a prefix of
 * `learningRate` that no trained parameter has.
 */
export function sgd(options: SgdOptions): Optimizer {
  const where = 'sgd';
  const checks = {
    ...rateChecks,
    momentum: number({ min: 0, below: 1 }),
    clipNorm: anyOf(number({ above: 0 }), exactly(Infinity)),
  };
  checkOptions(where, options, checks, ['learningRate']);
  const { learningRate, momentum = 0, clipNorm = Infinity } = options;
  const groups = rateGroups(where, learningRate, options);

  return {
    name: 'sgd',
    learningRates: (step) => groups.ratesAt(step),
    init(params) {
      groups.requireFit(Object.keys(params));
      if (momentum === 0) return {};
      const trained = Object.entries(params).filter(([path]) => !isBuffer(path));
      return withPrefix('momentum_buffer.', mapParams(Object.fromEntries(trained), zerosLike));
    },
    update: (gradients, state, params, step) =>
      tidy(() => {
        const gradientNorm = globalNorm(gradients);
        const clip = clipNorm === Infinity ? scalar(1) : clipScale(gradientNorm, clipNorm);
        const rates = groups.ratesOf(Object.keys(gradients), step);
        const factors = new Map(
          [...new Set(rates.values())].map((rate) => [rate, scalar(rate.value)]),
        );
        const newParams: Record<string, Tensor> = { ...params };
        const newState: Record<string, Tensor> = { ...state };
        for (const [path, gradient] of Object.entries(gradients)) {
          const rate = factors.get(rates.get(path)!)!;
          const buffer = `momentum_buffer.${path}`;
          let direction = mul(gradient, clip);
          if (momentum > 0) {
            direction = add(mul(parameter(state, buffer), momentum), direction);
            newState[buffer] = direction;
          }
          newParams[path] = sub(parameter(params, path), mul(direction, rate));
        }
        return { params: newParams, state: newState, gradientNorm };
      }),
  };
}
