import { ConfigError, nearestName } from '@crossweave/core';
import {
  anyOf,
  anything,
  callback,
  number,
  recordOf,
  requireNumber,
} from '@crossweave/core/authoring';
import { covers } from '../covers';
import { constant, type Schedule } from '../schedules';

/**
 * One rate for all parameters, or a rate by path prefix (`image`, `text.encoder.layer.0`): the longest
 * prefix that covers a path decides; `''` covers all. An optimizer with default rates keeps them for the parts that are
 * not named, unless `''` is.
 */
export type LearningRate = number | Readonly<Record<string, number>>;

/**
 * The rates of the parts of a joint model: an image tower and a fusion trained from
 * scratch, a pre-trained text tower that is only tuned, the loss's temperature.
 */
export const defaultLearningRates = {
  image: 1e-3,
  text: 2e-5,
  fusion: 1e-3,
  loss: 1e-3,
} as const;

/** Options of every optimizer about its rates. */
export interface RateOptions {
  /** Multiplies all rates. Default 1 throughout. */
  readonly schedule?: Schedule;
  /** Multiplies the rate of a parameter, ≥ 0 ({@link layerDecay}). Default 1 for all. */
  readonly rateScale?: (path: string) => number;
}

/** Checks of the options about rates. */
export const rateChecks = {
  learningRate: anyOf(number({ min: 0 }), recordOf(anything())),
  schedule: callback('(step) => factor'),
  rateScale: callback('(path) => factor'),
};

/** A checked {@link LearningRate} with its schedule. */
export interface RateGroups {
  /**
   * @throws ConfigError when a path has no rate, or a prefix that was given fits none of the paths
   * (other than those of {@link defaultLearningRates}, whose part may be frozen or without parameters).
   */
  requireFit(paths: readonly string[]): void;
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
  defaults: Readonly<Record<string, number>> = {},
): RateGroups {
  const given = typeof rate === 'number' ? { '': rate } : rate;
  const base = '' in given ? given : { ...defaults, ...given };
  const prefixes = Object.keys(base).sort((a, b) => b.length - a.length);
  for (const [prefix, value] of Object.entries(given)) {
    const name = typeof rate === 'number' ? 'learningRate' : `learningRate["${prefix}"]`;
    requireNumber(where, name, value, { min: 0 });
  }
  const groups: RateGroups = {
    requireFit(paths) {
      for (const path of paths) groups.groupOf(path);
      const used = new Set(paths.map((path) => groups.groupOf(path)));
      for (const prefix of Object.keys(given)) {
        if (prefix === '' || prefix in defaultLearningRates || used.has(prefix)) continue;
        const fits = paths.some((path) => covers(prefix, path));
        const nearest = nearestName(prefix, [
          ...Object.keys(defaultLearningRates),
          ...paths.flatMap(beginnings),
        ]);
        throw new ConfigError(
          `learningRate["${prefix}"] is the rate of no parameter that is trained`,
          {
            where,
            expected: `the beginning of a path, as ${paths.slice(0, 3).join(', ')}`,
            advice: fits
              ? 'Longer prefixes decide for all of its paths: remove it.'
              : nearest === undefined
                ? 'Remove it, or leave those parameters unfrozen.'
                : `Did you mean "${nearest}"?`,
          },
        );
      }
    },
    ratesOf(paths, step) {
      const bases = groups.ratesAt(step);
      const shared = new Map<string, Rate>();
      const rates = [...paths].map((path): [string, Rate] => {
        const group = groups.groupOf(path);
        const scale = rateScale(path);
        requireNumber(where, `rateScale("${path}")`, scale, { min: 0 });
        const key = `${group}*${scale}`;
        const found = shared.get(key) ?? { value: bases[group]! * scale };
        shared.set(key, found);
        return [path, found];
      });
      return new Map(rates);
    },
    groupOf(path) {
      const group = prefixes.find((prefix) => covers(prefix, path));
      if (group !== undefined) return group;
      throw new ConfigError(`no learning rate is given for "${path}"`, {
        where,
        expected: `a path under ${prefixes.map((prefix) => `"${prefix}"`).join(', ')}`,
        advice: 'Add its prefix to learningRate, or give one for all others under the prefix "".',
      });
    },
    ratesAt(step) {
      const factor = schedule(step);
      requireNumber(where, `schedule(step ${step})`, factor, { min: 0 });
      return Object.fromEntries(
        Object.entries(base).map(([prefix, value]) => [prefix, value * factor]),
      );
    },
  };
  return groups;
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function beginnings(path: string): string[] {
  const words = path.split('.');
  return words.map((_, i) => words.slice(0, i + 1).join('.'));
}
