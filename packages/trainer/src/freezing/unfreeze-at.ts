import { ConfigError, initialShapes, nearestName, type Key, type Params } from '@crossweave/core';
import { count, requireValue } from '@crossweave/core/authoring';
import { covers } from '../covers';

/**
 * When parts of a model begin to be trained, for `frozenUntil` of {@link train}: a part that learns from
 * another is often best left alone until the other has something to say.
 *
 * ```ts
 * train({
 *   ...options,
 *   frozenUntil: unfreezeAt(model, { image: 500, 'image.conv1': 1000 }),
 *   optimizer: adamW({ schedule: { image: startingAt(500, warmupConstant({ warmup: 50 })) } }),
 * });
 * ```
 *
 * A part that is unfrozen late starts with Adam's bias correction of the whole run, so its first steps
 * are up to three times as long; the warm-up of its own above takes care of that.
 *
 * @param steps by path prefix the steps that are done when it begins; the longest that covers a path
 * decides, and what none covers is trained from the beginning.
 * @throws ConfigError for a prefix no parameter has, or a number of steps that is none.
 */
export function unfreezeAt(
  model: { init(key: Key): Params },
  steps: Readonly<Record<string, number>>,
): (path: string) => number {
  const paths = Object.keys(initialShapes(model));
  for (const [prefix, value] of Object.entries(steps)) {
    requireValue('unfreezeAt', prefix, value, count(0));
    if (paths.some((path) => covers(prefix, path))) continue;
    const nearest = nearestName(prefix, [...new Set(paths.map((path) => path.split('.', 1)[0]!))]);
    throw new ConfigError(`"${prefix}" would unfreeze nothing`, {
      where: 'unfreezeAt',
      expected: `the beginning of paths like ${paths.slice(0, 3).join(', ')}`,
      ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
    });
  }
  const longestFirst = Object.keys(steps).sort((a, b) => b.length - a.length);
  return (path) => steps[longestFirst.find((prefix) => covers(prefix, path)) ?? ''] ?? 0;
}
