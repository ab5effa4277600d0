import {
  add,
  div,
  maximum,
  mul,
  scalar,
  sqrt,
  square,
  sub,
  tidy,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {
  hostValue,
  isBuffer,
  mapParams,
  parameter,
  withPrefix,
  type Optimizer,
  type Params,
} from '@crossweave/core';
import { readOptions, requireNumber, withConfig } from '@crossweave/core/authoring';
import { adamWChecks, adamWDefaults, type AdamWOptions } from './adamw';
import { clipScale, globalNorm } from './clip';
import { defaultLearningRates, rateGroups, type Rate } from './groups';
import { average, momentsOf } from './moments';

/** A divisor above 0 on every engine: numbers below 1.2e-38 are denormal, and XLA takes them for 0. */
const SMALLEST = 1e-37;

/**
 * As {@link AdamWOptions}. `schedule` is for a warm-up alone ({@link warmupConstant}): averaging takes
 * the place of a decay. The first beta is the share of the average in the parameters, default 0.9.
 */
export type ScheduleFreeAdamWOptions = AdamWOptions;

/**
 * Schedule-free AdamW (Defazio et al. 2024, arXiv 2405.15682), as the reference implementation of the
 * `schedulefree` package with r = 0 and `weight_lr_power` = 2, after clipping by global norm. The number
 * of steps need not be known in advance. Gradients are computed at the parameters
 * y = (1 − β₁)·z + β₁·x. The parameters to evaluate and to use are x, which
 * {@link Optimizer.evaluated} returns.
 *
 * State: `z.<path>`, `exp_avg_sq.<path>`, `bias_correction2`, and for each group of rates
 * `largest_rate/<group>` and `weight_sum/<group>`.
 *
 * @throws ConfigError as {@link adamW}.
 */
export function scheduleFreeAdamW(options: ScheduleFreeAdamWOptions = {}): Optimizer {
  const where = 'scheduleFreeAdamW';
  const settings = readOptions(where, options, adamWDefaults, adamWChecks);
  const { betas, epsilon, weightDecay, decays, clipNorm, learningRate } = settings;
  const [beta1, beta2] = betas;
  // The average is read out of the parameters by its share.
  requireNumber(where, 'betas[0]', beta1, { above: 0, below: 1 });
  const groups = rateGroups(where, learningRate, settings, defaultLearningRates);

  const updateAt: NonNullable<Optimizer['updateAt']> = (gradients, state, params, clock) =>
    tidy(() => {
      const gradientNorm = globalNorm(gradients);
      const rootShare = Math.sqrt(1 - beta2);
      const clip = clipNorm === Infinity ? scalar(1) : clipScale(gradientNorm, clipNorm);
      const clippedShare = mul(clip, rootShare);
      const correction2 = average(beta2, parameter(state, 'bias_correction2'), scalar(1 - beta2));
      const root2: Scalar = sqrt(correction2);
      const [scaledEpsilon, size] = [mul(root2, epsilon), mul<Scalar>(clip, root2)];

      const newParams: Record<string, Tensor> = { ...params };
      const newState: Record<string, Tensor> = { ...state, bias_correction2: correction2 };
      const shares = new Map<string, Scalar>();
      const now = hostValue(clock);
      const groupRates = now.map(({ step }) => groups.ratesAt(step));
      for (const group of Object.keys(groups.ratesAt(0))) {
        const rate = groupRates.scalar((all) => all[group]!);
        const largest = maximum(parameter<Scalar>(state, `largest_rate/${group}`), rate);
        const weight = square(largest);
        const sum = add(parameter<Scalar>(state, `weight_sum/${group}`), weight);
        newState[`largest_rate/${group}`] = largest;
        newState[`weight_sum/${group}`] = sum;
        // While all rates were 0 the average is where it was.
        shares.set(group, div(weight, maximum(sum, SMALLEST)));
      }
      const rates = groups.ratesOf(Object.keys(gradients));
      const factors = new Map<Rate, Steps>();
      for (const [path, rate] of rates) {
        if (factors.has(rate)) continue;
        const own = now.scalar(({ step }) => rate.at(step));
        factors.set(rate, stepsOf(own, shares.get(groups.groupOf(path))!));
      }
      function stepsOf(rate: Scalar, share: Scalar): Steps {
        // y.lerp(z, c); y −= lr·(1 − β₁(1 − c))·d; z −= lr·d.
        const kept = sub<Scalar>(1, share);
        const ofY = mul<Scalar>(sub(1, mul(kept, beta1)), rate);
        return { share, kept, ofY, ofZ: rate };
      }

      for (const [path, gradient] of Object.entries(gradients)) {
        const y = parameter(params, path);
        const z = parameter(state, `z.${path}`);
        const steps = factors.get(rates.get(path)!)!;
        const meanSquare = average(
          beta2,
          parameter(state, `exp_avg_sq.${path}`),
          square(mul(gradient, clippedShare)),
        );
        const ratio = mul(div(gradient, add(sqrt(meanSquare), scaledEpsilon)), size);
        const direction =
          weightDecay > 0 && decays(path, y) ? add(ratio, mul(y, weightDecay)) : ratio;
        const nearer = add(mul(y, steps.kept), mul(z, steps.share));
        newParams[path] = sub(nearer, mul(direction, steps.ofY));
        newState[`z.${path}`] = sub(z, mul(direction, steps.ofZ));
        newState[`exp_avg_sq.${path}`] = meanSquare;
      }
      return { params: newParams, state: newState, gradientNorm };
    });

  return withConfig(where, settings, {
    name: 'schedule-free-adamw',
    init(params) {
      groups.requireFit(Object.keys(params));
      const trained = Object.entries(params).filter(([path]) => !isBuffer(path));
      const names = Object.keys(groups.ratesAt(0));
      const zeros = names.flatMap((group) => [
        [`largest_rate/${group}`, scalar(0)] as const,
        [`weight_sum/${group}`, scalar(0)] as const,
      ]);
      return {
        ...withPrefix(
          'z.',
          mapParams(Object.fromEntries(trained), (value) => value.clone()),
        ),
        ...momentsOf('exp_avg_sq', params),
        bias_correction2: scalar(0),
        ...Object.fromEntries(zeros),
      };
    },
    update: (gradients, state, params, step) => updateAt(gradients, state, params, { step }),
    updateAt,
    learningRates: (step) => groups.ratesAt(step),
    evaluated: (params, state): Params =>
      tidy(() => {
        const found = mapParams(params, (y, path): Tensor => {
          const z = state[`z.${path}`];
          // x = (y − (1 − β₁)·z) / β₁.
          return z === undefined ? y.clone() : mul(sub(y, mul(z, 1 - beta1)), 1 / beta1);
        });
        return { ...found };
      }),
  });
}

interface Steps {
  readonly share: Scalar;
  readonly kept: Scalar;
  readonly ofY: Scalar;
  readonly ofZ: Scalar;
}
