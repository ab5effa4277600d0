import { ConfigError, disposeParams, type OptimizerState } from '@crossweave/core';
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
      const states: OptimizerState[] = [];
      try {
        for (const { name, init } of parts) {
          const own = init?.(params) ?? {};
          const known = states.flatMap((each) => Object.keys(each));
          states.push(own);
          const entry = Object.keys(own).find((each) => known.includes(each));
          if (entry !== undefined) throw twice(name, entry);
        }
      } catch (error) {
        states.forEach(disposeParams);
        throw error;
      }
      return Object.assign({}, ...states) as OptimizerState;
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
