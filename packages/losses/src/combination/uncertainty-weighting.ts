import { add, exp, mul, scalar, tidy, type Scalar } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  parameter,
  type Features,
  type Key,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { number, oneOf, withConfig } from '@crossweave/core/authoring';
import { clampParameter } from '@crossweave/core/nn';
import { logged } from '../terms';
import { chanceOf, evaluateParts, initParts, requireParts } from './parts';

export interface UncertainLoss<F extends PooledFeatures = Features> {
  readonly loss: Loss<F>;
  /**
   * `classification` for a likelihood over classes (as every contrastive loss), `regression` for a
   * squared error. Default `classification`.
   */
  readonly kind?: 'classification' | 'regression';
  /** Initial ln σ², in [−10, 10]. Default 0, which gives the weight 1. */
  readonly initial?: number;
}

/**
 * A sum with learned weights (arXiv 1705.07115): each loss L has a noise σ and contributes L/σ² +
 * ln σ, or L/(2σ²) + ln σ for a regression. The parameter of each loss is s = ln σ², with the path
 * `log_variance.<name>`; it is clamped to [−10, 10] when it is used. Only for losses that are at
 * least 0: the weight of an unbounded loss would grow without bound.
 *
 * Parameters and terms of each loss have its name as prefix, as in `weightedSum`; the term
 * `weight.<name>` is the factor of its gradient. Chance is computed with the initial weights.
 *
 * @throws ConfigError for an empty list, two losses with the same name, or an initial value out of
 *   range.
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

  return withConfig(
    where,
    { parts: given },
    {
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
    },
  );
}
