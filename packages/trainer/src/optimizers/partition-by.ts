import {
  ConfigError,
  disposeParams,
  partition,
  subtree,
  withPrefix,
  type OptimizerState,
  type Params,
} from '@crossweave/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { callback, recordOf, requireValue } from '@crossweave/core/authoring';
import { transformCheck } from './checks';
import type { Directions, GradientTransform } from './transform';

/**
 * One part for each group of parameters. The states of a group's part are called
 * `<group>/<what>.<path>`, and so are its rates.
 *
 * ```ts
 * partitionBy((path, value) => (value.rank === 2 ? 'matrices' : 'others'), { matrices, others });
 * ```
 *
 * @param groupOf the name of the group of a parameter, by its path and its value before the step.
 * @throws ConfigError for what is no part; from `init`, for a group without a part or a part without
 * a parameter.
 */
export function partitionBy(
  groupOf: (path: string, value: Tensor) => string,
  parts: Readonly<Record<string, GradientTransform>>,
): GradientTransform {
  const where = 'partitionBy';
  requireValue(where, 'groupOf', groupOf, callback('(path, value) => group'));
  requireValue(where, 'parts', parts, recordOf(transformCheck));
  const groups = Object.entries(parts);
  return {
    name: groups.map(([group, { name }]) => `${group}: ${name}`).join(', '),
    init(params) {
      for (const [path, value] of Object.entries(params)) {
        const group = groupOf(path, value);
        if (!Object.hasOwn(parts, group)) throw unknownGroup(path, group, parts);
      }
      const states: OptimizerState[] = [];
      try {
        for (const [group, part] of groups) {
          const own = part.init?.(ofGroup(group, params, groupOf)) ?? {};
          states.push(withPrefix(`${group}/`, own));
        }
      } catch (error) {
        states.forEach(disposeParams);
        throw error;
      }
      return Object.assign({}, ...states) as OptimizerState;
    },
    apply(directions, state, ctx) {
      const all: Record<string, Directions[string]> = {};
      const changed: Record<string, Tensor> = {};
      for (const [group, part] of groups) {
        const own = Object.fromEntries(
          Object.entries(directions).filter(([path]) => groupOf(path, ctx.params[path]!) === group),
        );
        const next = part.apply(own, subtree(state, `${group}/`), ctx);
        Object.assign(all, next.directions);
        Object.assign(changed, withPrefix(`${group}/`, next.state ?? {}));
      }
      // In the order they came: what is summed over them later must not depend on the groups.
      const ordered = Object.keys(directions).map((path) => [path, all[path]!] as const);
      return { directions: Object.fromEntries(ordered), state: changed };
    },
    learningRates: (step) =>
      Object.fromEntries(
        groups.flatMap(([group, part]) =>
          Object.entries(part.learningRates?.(step) ?? {}).map(([name, rate]) => [
            name === '' ? group : `${group}/${name}`,
            rate,
          ]),
        ),
      ),
  };
}

function ofGroup(
  group: string,
  params: Params,
  groupOf: (path: string, value: Tensor) => string,
): Params {
  return partition(params, (path) => groupOf(path, params[path]!) === group)[0];
}

function unknownGroup(path: string, group: string, parts: object): ConfigError {
  return new ConfigError(`no part is given for the group "${group}" of "${path}"`, {
    where: 'partitionBy',
    expected: `one of ${Object.keys(parts).join(', ')}`,
    got: group,
  });
}
