import { ConfigError, type OptimizerState } from '@crossweave/core';
import { listOf, requireValue } from '@crossweave/core/authoring';
import { transformCheck } from './checks';
import type { GradientTransform } from './transform';

/**
 * Parts one after the other, each over what the one before it gives. Their states lie side by side.
 *
 * ```ts
 * optimizerOf('mine', chain(clipByGlobalNorm({ maxNorm: 1 }), scaleByAdam(), scaleBySchedule({ learningRate: 1e-3 })));
 * ```
 *
 * @throws ConfigError for what is no part; from `init`, for two parts that call an entry of their
 * states by the same name.
 */
export function chain(...parts: readonly GradientTransform[]): GradientTransform {
  requireValue('chain', 'parts', parts, listOf(transformCheck, { min: 1 }));
  const rated = parts.filter(({ learningRates }) => learningRates !== undefined);
  return {
    name: parts.map(({ name }) => name).join(' → '),
    init(params) {
      const state: Record<string, OptimizerState[string]> = {};
      for (const { name, init } of parts) {
        for (const [entry, value] of Object.entries(init?.(params) ?? {})) {
          if (Object.hasOwn(state, entry)) throw twice(name, entry);
          state[entry] = value;
        }
      }
      return state;
    },
    apply(directions, state, ctx) {
      let current = directions;
      const changed: Record<string, OptimizerState[string]> = {};
      for (const part of parts) {
        const next = part.apply(current, state, ctx);
        current = next.directions;
        Object.assign(changed, next.state);
      }
      return { directions: current, state: changed };
    },
    ...(rated.length > 0 && {
      learningRates: (step: number) =>
        Object.assign({}, ...rated.map((part) => part.learningRates!(step))) as Record<
          string,
          number
        >,
    }),
  };
}

function twice(part: string, entry: string): ConfigError {
  return new ConfigError(`two parts keep "${entry}" in their state`, {
    where: `chain, ${part}`,
    advice: 'Use the part once, or in groups of its own by partitionBy.',
  });
}
