import { ConfigError } from '@crossweave/core';
import { checkOptions, count, number, oneOf, text } from '@crossweave/core/authoring';
import type { RunMemory } from './memory';

/** Which evaluated state is the best, and how long to wait for a better one. */
export interface BestOptions {
  /** A name among those that `evaluate` returns. */
  readonly metric: string;
  /** Whether large or small values are good. Default `max`. */
  readonly mode?: 'max' | 'min';
  /** How much better a value must be to count, ≥ 0. Default 0. */
  readonly minDelta?: number;
  /** Training stops after so many evaluations in a row without a better value. Default: it does not. */
  readonly patience?: number;
}

/** @throws ConfigError for a wrong option. */
export function checkBest(options: BestOptions): void {
  const checks = {
    metric: text(),
    mode: oneOf('max', 'min'),
    minDelta: number({ min: 0 }),
    patience: count(),
  };
  checkOptions('train, best', options, checks, ['metric']);
}

/**
 * The memory after an evaluation. A value that is NaN is no better than any.
 *
 * @throws ConfigError when the evaluation has no such metric.
 */
export function afterEvaluation(
  { metric, mode = 'max', minDelta = 0 }: BestOptions,
  memory: RunMemory,
  step: number,
  metrics: Readonly<Record<string, number>>,
): RunMemory {
  const value = metrics[metric];
  if (value === undefined) {
    throw new ConfigError(`the evaluation has no metric "${metric}"`, {
      where: 'train, best',
      expected: `one of ${Object.keys(metrics).join(', ')}`,
    });
  }
  // The metric may have been another one before.
  const before = memory.best?.metric === metric ? memory.best : undefined;
  const gain = before === undefined ? Infinity : (value - before.value) * (mode === 'max' ? 1 : -1);
  const isBetter = !Number.isNaN(value) && gain > minDelta;
  if (isBetter) return { ...memory, best: { metric, value, step, since: 0 } };
  return before === undefined
    ? memory
    : { ...memory, best: { ...before, since: before.since + 1 } };
}

/** Whether so many evaluations came after the best one that training stops. */
export function isExhausted(options: BestOptions | undefined, { best }: RunMemory = {}): boolean {
  const { patience = Infinity, metric } = options ?? {};
  return best !== undefined && best.metric === metric && best.since >= patience;
}
