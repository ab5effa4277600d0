import { ConfigError, nearestName } from '@crossweave/core';
import {
  anyOf,
  anything,
  callback,
  number,
  recordOf,
  requireNumber,
  requireValue,
  withConfig,
} from '@crossweave/core/authoring';
import { covers } from '../covers';
import type { Schedule } from '../schedules/schedule';

/**
 * One rate for all parameters, or a rate by path prefix (`image`, `text.encoder.layer.0`): the longest
 * prefix that covers a path decides; `''` covers all. An optimizer with default rates keeps them for
 * the parts that are not named, unless `''` is.
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
  /**
   * Multiplies all rates, or those of the paths under a prefix: the longest that covers a path
   * decides, `''` covers all, and where none does the factor is 1. Default 1 throughout.
   */
  readonly schedule?: Schedule | Readonly<Record<string, Schedule>>;
  /** Multiplies the rate of a parameter, ≥ 0 ({@link layerDecay}). Default 1 for all. */
  readonly rateScale?: (path: string) => number;
}

/** The default of {@link RateOptions.rateScale}. */
export const unscaled = withConfig('unscaled', {}, (_path: string): number => 1);

const scheduleCheck = callback('(step) => factor');

/** Checks of the options about rates. */
export const rateChecks = {
  learningRate: anyOf(number({ min: 0 }), recordOf(anything())),
  schedule: anyOf(scheduleCheck, recordOf(scheduleCheck)),
  rateScale: callback('(path) => factor'),
};

/** A checked {@link LearningRate} with its schedule. A group has one rate and one schedule. */
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
  ratesOf(paths: Iterable<string>): ReadonlyMap<string, Rate>;
  /** The scheduled rate of every group. @throws ConfigError when a schedule's factor is not a number ≥ 0. */
  ratesAt(step: number): Readonly<Record<string, number>>;
}

export interface Rate {
  /** @throws ConfigError when the schedule's factor is not a number ≥ 0. */
  at(step: number): number;
}

export function rateGroups(
  where: string,
  rate: LearningRate,
  { schedule = {}, rateScale = unscaled }: RateOptions,
  defaults: Readonly<Record<string, number>> = {},
): RateGroups {
  const given = typeof rate === 'number' ? { '': rate } : rate;
  const base = '' in given ? given : { ...defaults, ...given };
  for (const [prefix, value] of Object.entries(given)) {
    const name = typeof rate === 'number' ? 'learningRate' : `learningRate["${prefix}"]`;
    requireNumber(where, name, value, { min: 0 });
  }
  requireValue(where, 'schedule', schedule, rateChecks.schedule);
  const schedules = typeof schedule === 'function' ? { '': schedule } : schedule;
  const rates = longestFirst(base);
  const factors = longestFirst(schedules);
  // A group's prefix is the longest of both kinds, so that one rate and one schedule cover it whole.
  const prefixes = longestFirst({ ...base, ...schedules }).filter((prefix) =>
    rates.some((own) => covers(own, prefix)),
  );

  const factorOf = (group: string, step: number): number => {
    const prefix = factors.find((each) => covers(each, group));
    if (prefix === undefined) return 1;
    const factor = schedules[prefix]!(step);
    const name = prefix === '' ? 'schedule' : `schedule["${prefix}"]`;
    requireNumber(where, `${name}(step ${step})`, factor, { min: 0 });
    return factor;
  };

  const rateAt = (group: string, step: number): number => {
    const own = rates.find((prefix) => covers(prefix, group))!;
    return base[own]! * factorOf(group, step);
  };

  const groups: RateGroups = {
    requireFit(paths) {
      const used = new Set(paths.map((path) => groups.groupOf(path)));
      for (const prefix of Object.keys(given)) {
        const decides = [...used].some(
          (group) => rates.find((each) => covers(each, group)) === prefix,
        );
        if (prefix === '' || prefix in defaultLearningRates || decides) continue;
        throw ofNoParameter(where, `learningRate["${prefix}"] is the rate`, prefix, paths);
      }
      for (const prefix of Object.keys(schedules)) {
        if (prefix === '' || prefix in defaultLearningRates) continue;
        if (paths.some((path) => covers(prefix, path))) continue;
        throw ofNoParameter(where, `schedule["${prefix}"] is the schedule`, prefix, paths);
      }
    },
    ratesOf(paths) {
      const shared = new Map<string, Rate>();
      const found = [...paths].map((path): [string, Rate] => {
        const group = groups.groupOf(path);
        const scale = rateScale(path);
        requireNumber(where, `rateScale("${path}")`, scale, { min: 0 });
        const key = `${group}*${scale}`;
        const one = shared.get(key) ?? { at: (step) => rateAt(group, step) * scale };
        shared.set(key, one);
        return [path, one];
      });
      return new Map(found);
    },
    groupOf(path) {
      const group = prefixes.find((prefix) => covers(prefix, path));
      if (group !== undefined) return group;
      throw new ConfigError(`no learning rate is given for "${path}"`, {
        where,
        expected: `a path under ${rates.map((prefix) => `"${prefix}"`).join(', ')}`,
        advice: 'Add its prefix to learningRate, or give one for all others under the prefix "".',
      });
    },
    ratesAt(step) {
      return Object.fromEntries(
        // In the order they were given, which logs keep.
        [...Object.keys({ ...base, ...schedules })]
          .filter((prefix) => prefixes.includes(prefix))
          .map((group) => [group, rateAt(group, step)]),
      );
    },
  };
  return groups;
}

function longestFirst(byPrefix: object): string[] {
  return Object.keys(byPrefix).sort((a, b) => b.length - a.length);
}

/** A rate or schedule without effect is refused: its user relies on it. */
function ofNoParameter(
  where: string,
  what: string,
  prefix: string,
  paths: readonly string[],
): ConfigError {
  const fits = paths.some((path) => covers(prefix, path));
  const nearest = nearestName(prefix, [
    ...Object.keys(defaultLearningRates),
    ...paths.flatMap(beginnings),
  ]);
  return new ConfigError(`${what} of no parameter that is trained`, {
    where,
    expected: `the beginning of a path, as ${paths.slice(0, 3).join(', ')}`,
    advice: fits
      ? 'Longer prefixes decide for all of its paths: remove it.'
      : nearest === undefined
        ? 'Remove it, or leave those parameters unfrozen.'
        : `Did you mean "${nearest}"?`,
  });
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function beginnings(path: string): string[] {
  const words = path.split('.');
  return words.map((_, i) => words.slice(0, i + 1).join('.'));
}
