import { boolean, checkOptions, count } from '@crossweave/core/authoring';
import type { RunMemory } from '../memory';

/** What follows from a step that is not finite, whose batch is left out. */
export interface NonFinitePolicy {
  /** All rates are halved for the rest of the run, each time. Default false. */
  readonly halveRate?: boolean;
  /** {@link DivergenceError} at the N-th step in a row. Default: none, every batch may be left out. */
  readonly stopAfter?: number;
}

/** @throws ConfigError for a wrong option. */
export function checkPolicy(policy: NonFinitePolicy): void {
  const checks = { halveRate: boolean(), stopAfter: count() };
  checkOptions('train, onNonFinite', policy, checks);
}

/** The option in its long form. */
export function policyOf(onNonFinite: 'stop' | 'skip' | NonFinitePolicy = 'stop'): NonFinitePolicy {
  if (onNonFinite === 'stop') return { stopAfter: 1 };
  return onNonFinite === 'skip' ? {} : onNonFinite;
}

/** The memory after a step that was not finite; undefined where training is to stop. */
export function afterFailure(
  { halveRate = false, stopAfter = Infinity }: NonFinitePolicy,
  memory: RunMemory,
): RunMemory | undefined {
  const failures = (memory.failures ?? 0) + 1;
  if (failures >= stopAfter) return undefined;
  const rateFactor = (memory.rateFactor ?? 1) * (halveRate ? 0.5 : 1);
  return { ...memory, failures, ...(rateFactor !== 1 && { rateFactor }) };
}

/** The memory after a step that was. */
export function afterSuccess(memory: RunMemory): RunMemory {
  const entries = Object.entries(memory).filter(([name]) => name !== 'failures');
  return Object.fromEntries(entries);
}
