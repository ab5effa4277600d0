import { ConfigError } from '@crossweave/core';
import { checkNumber } from '../check';
import { constant, type Schedule } from '../schedules';

/**
 * One rate for all parameters, or a rate by path prefix: the longest prefix that fits
 * a path decides; `''` fits all.
 */
export type LearningRate = number | Readonly<Record<string, number>>;

/**
 * The rates of the parts of a joint model: an image tower and a fusion trained from
 * scratch, a pre-trained text tower that is only tuned, the loss's temperature.
 */
export const defaultLearningRates = {
  'image.': 1e-3,
  'text.': 2e-5,
  'fusion.': 1e-3,
  'loss.': 1e-3,
} as const;

/** Options of every optimizer about its rates. */
export interface RateOptions {
  /** Multiplies all rates. Default 1 throughout. */
  readonly schedule?: Schedule;
  /** Multiplies the rate of a parameter, ≥ 0 ({@link layerDecay}). Default 1 for all. */
  readonly rateScale?: (path: string) => number;
}

/** A checked {@link LearningRate} with its schedule. */
export interface RateGroups {
  /** The group (its prefix) of a path. @throws ConfigError when none fits. */
  groupOf(path: string): string;
  /**
   * The scheduled and scaled rate of every parameter. Parameters of one rate share an object, so
   * that what is made of it is made once.
   */
  ratesOf(paths: Iterable<string>, step: number): ReadonlyMap<string, Rate>;
  /** The scheduled rate of every group. @throws ConfigError when the schedule's factor is not a number ≥ 0. */
  ratesAt(step: number): Readonly<Record<string, number>>;
}

export interface Rate {
  readonly value: number;
}

export function rateGroups(
  where: string,
  rate: LearningRate,
  { schedule = constant(), rateScale = () => 1 }: RateOptions,
): RateGroups {
  const base = typeof rate === 'number' ? { '': rate } : rate;
  const prefixes = Object.keys(base).sort((a, b) => b.length - a.length);
  for (const [prefix, value] of Object.entries(base)) {
    const name = prefix === '' ? 'learningRate' : `learningRate["${prefix}"]`;
    checkNumber(where, name, value, 0);
  }
  const groups: RateGroups = {
    ratesOf(paths, step) {
      const bases = groups.ratesAt(step);
      const shared = new Map<string, Rate>();
      const rates = [...paths].map((path): [string, Rate] => {
        const group = groups.groupOf(path);
        const scale = checkNumber(where, `the rateScale of "${path}"`, rateScale(path), 0);
        const key = `${group}*${scale}`;
        const found = shared.get(key) ?? { value: bases[group]! * scale };
        shared.set(key, found);
        return [path, found];
      });
      return new Map(rates);
    },
    groupOf(path) {
      const group = prefixes.find((prefix) => path.startsWith(prefix));
      if (group !== undefined) return group;
      throw new ConfigError(`no learning rate is given for "${path}"`, {
        where,
        expected: `a path that starts with ${prefixes.map((prefix) => `"${prefix}"`).join(', ')}`,
        advice: 'Add its prefix to learningRate, or give one for all others under the prefix "".',
      });
    },
    ratesAt(step) {
      const factor = checkNumber(where, `the schedule's factor at step ${step}`, schedule(step), 0);
      return Object.fromEntries(
        Object.entries(base).map(([prefix, value]) => [prefix, value * factor]),
      );
    },
  };
  return groups;
}
