import { mul, scalar, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { parameter, withFields, type Optimizer, type Params } from '@crossweave/core';
import { requireText, requireValue } from '@crossweave/core/authoring';
import { globalNorm } from './clip';
import { transformCheck } from './checks';
import type { Directions, GradientTransform, TransformContext } from './transform';

/**
 * An optimizer of its parts: the gradients go through `transform` (most often a {@link chain}), and
 * what comes out is subtracted from the parameters.
 *
 * @param name for logs and the identity of a run.
 * @throws ConfigError for an empty name or what is no part.
 */
export function optimizerOf(name: string, transform: GradientTransform): Optimizer {
  requireText('optimizerOf', 'name', name);
  requireValue('optimizerOf', 'transform', transform, transformCheck);
  const updateAt: NonNullable<Optimizer['updateAt']> = (gradients, state, params, clock) =>
    tidy(() => {
      const gradientNorm = globalNorm(gradients);
      const start: Directions = Object.fromEntries(
        Object.entries(gradients).map(([path, value]) => [path, { value, scale: 1, decay: 0 }]),
      );
      const ctx: TransformContext = withFields(clock, { params, gradientNorm } as object) as never;
      const next = transform.apply(start, state, ctx);
      return {
        params: { ...params, ...moved(next.directions, params) },
        state: { ...state, ...next.state },
        gradientNorm,
      };
    });
  return {
    name,
    init: (params) => transform.init?.(params) ?? {},
    update: (gradients, state, params, step) => updateAt(gradients, state, params, { step }),
    updateAt,
    learningRates: (step) => transform.learningRates?.(step) ?? {},
  };
}

/** The parameters less their directions. */
function moved(directions: Directions, params: Params): Params {
  const scalars = new Map<Scalar | number, Scalar>();
  const kept = (decay: Scalar | number): Scalar => {
    const found =
      scalars.get(decay) ?? (typeof decay === 'number' ? scalar(1 - decay) : sub<Scalar>(1, decay));
    scalars.set(decay, found);
    return found;
  };
  return Object.fromEntries(
    Object.entries(directions).map(([path, { value, scale, decay }]): [string, Tensor] => {
      const old = parameter(params, path);
      const decayed = decay === 0 ? old : mul(old, kept(decay));
      return [path, sub(decayed, scale === 1 ? value : mul(value, scale))];
    }),
  );
}
