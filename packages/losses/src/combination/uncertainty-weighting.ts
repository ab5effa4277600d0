import { add, exp, mul, scalar, tidy, type Scalar } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  parameter,
  type Features,
  type Key,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { number, oneOf } from '@crossweave/core/authoring';
import { clampParameter } from '@crossweave/core/nn';
import { logged } from '../terms';
import { chanceOf, evaluateParts, initParts, requireParts } from './parts';

export interface UncertainLoss<F extends PooledFeatures = Features> {
  readonly loss: Loss<F>;
  /** A likelihood over classes (every contrast is one), or a squared error. Default classification. */
  readonly kind?: 'classification' | 'regression';
  /** ln σ² at the start, in [−10, 10]. Default 0, a weight of 1. */
  readonly initial?: number;
}

/**
 * Weights that are learned (arXiv 1705.07115): each loss has a noise σ of its own and counts as
 * L/σ² + ln σ, a regression as L/(2σ²) + ln σ. The parameter is s = ln σ², one a loss, under
 * `log_variance.<name>`, kept in [−10, 10] where it is used. For losses that are at least 0: of one
 * that falls without bound the weight would grow with it.
 *
 * Parameters and terms of each loss stand under its name, as in `weightedSum`; the term
 * `weight.<name>` is what its gradient is multiplied by. Chance is that of the weights at the start.
 *
 * @throws ConfigError for an empty list, two losses of one name, or a start out of range.
 */
export function uncertaintyWeighting<F extends PooledFeatures>(
  given: readonly UncertainLoss<F>[],
): Loss<F> {
  const where = 'uncertaintyWeighting';
  const checks = {
    kind: oneOf('classification', 'regression'),
    initial: number({ min: -10, max: 10 }),
  };
  const parts = requireParts<F, UncertainLoss<F>>(where, given, checks).map((part) => {
    const { kind = 'classification', initial = 0 } = part.given;
    const factor = kind === 'classification' ? 1 : 0.5;
    return { ...part, factor, initial, path: `log_variance.${part.loss.name}` };
  });

  return {
    name: parts.map(({ loss }) => loss.name).join('+'),
    init: (key: Key) =>
      mergeParams(
        initParts(parts, key),
        ...parts.map(({ path, initial }) => ({ [path]: scalar(initial) })),
      ),
    compute: (params, outputs, batch, ctx) =>
      tidy(() => {
        const { totals, terms } = evaluateParts(parts, params, outputs, batch, ctx);
        const weighted = parts.map(({ loss, path, factor }, i) => {
          const s = clampParameter(parameter<Scalar>(params, path), -10, 10);
          const weight = mul<Scalar>(exp(mul(s, -1)), factor);
          terms[`weight.${loss.name}`] = weight;
          return add<Scalar>(mul(totals[i]!, weight), mul(s, 0.5));
        });
        return {
          total: weighted.reduce((sum, next) => add<Scalar>(sum, next)),
          terms: logged(terms),
        };
      }),
    ...chanceOf(
      parts,
      ({ factor, initial }) => factor * Math.exp(-initial),
      parts.reduce((sum, { initial }) => sum + initial / 2, 0),
    ),
  };
}
