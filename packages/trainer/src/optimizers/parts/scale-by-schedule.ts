import { hostValue, type StepClock } from '@crossweave/core';
import { checkOptions } from '@crossweave/core/authoring';
import { rateChecks, rateGroups, type LearningRate, type RateOptions } from '../groups';
import { sharedProduct, type Direction, type GradientTransform } from '../transform';

export interface ScaleByScheduleOptions extends RateOptions {
  readonly learningRate: LearningRate;
}

/**
 * Each direction times the learning rate of its parameter at this step. Stands last in a chain.
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter without a rate or a prefix of
 * `learningRate` or `schedule` that no trained parameter has.
 */
export function scaleBySchedule(options: ScaleByScheduleOptions): GradientTransform {
  checkOptions('scaleBySchedule', options, rateChecks, ['learningRate']);
  return scaledByRates('scaleBySchedule', options);
}

export interface RatesDefinition extends ScaleByScheduleOptions {
  /** Rates of parts that `learningRate` does not name. */
  readonly defaults?: Readonly<Record<string, number>>;
  /** The largest rate of a direction at a step; that of the decay stays. Default: none. */
  readonly limit?: (step: number) => number;
}

/** {@link scaleBySchedule} for an optimizer, which names itself in errors. */
export function scaledByRates(
  where: string,
  { learningRate, schedule, rateScale, defaults, limit }: RatesDefinition,
): GradientTransform {
  const groups = rateGroups(
    where,
    learningRate,
    { ...(schedule && { schedule }), ...(rateScale && { rateScale }) },
    defaults,
  );
  return {
    name: 'schedule',
    init(params) {
      groups.requireFit(Object.keys(params));
      return {};
    },
    apply(directions, _state, ctx) {
      const clock = hostValue<StepClock>(ctx);
      const rates = groups.ratesOf(Object.keys(directions));
      const factors = new Map(
        [...new Set(rates.values())].map((rate) => {
          const own = clock.map(({ step }) => ({ step, rate: rate.at(step) }));
          const ofDirection = own.scalar(({ step, rate }) =>
            limit === undefined ? rate : Math.min(rate, limit(step)),
          );
          const ofDecay = limit === undefined ? ofDirection : own.scalar(({ rate }) => rate);
          return [
            rate,
            { scaled: sharedProduct(ofDirection), decayed: sharedProduct(ofDecay) },
          ] as const;
        }),
      );
      const scaled = Object.entries(directions).map(([path, direction]): [string, Direction] => {
        const { scaled, decayed } = factors.get(rates.get(path)!)!;
        const decay = direction.decay === 0 ? 0 : decayed(direction.decay);
        return [path, { ...direction, scale: scaled(direction.scale), decay }];
      });
      return { directions: Object.fromEntries(scaled) };
    },
    learningRates: (step) => groups.ratesAt(step),
  };
}
