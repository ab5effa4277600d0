import { isBuffer, partition, type Params } from '@crossweave/core';
import { frozenAt, type FrozenOptions } from './frozen-at';

/**
 * The parameters gradients are taken for, and all others.
 *
 * @param step steps done; default: all that are trained at some step.
 */
export function partitionTrainable(
  options: FrozenOptions,
  params: Params,
  step = Infinity,
): [trainable: Params, fixed: Params] {
  const frozen = frozenAt(options, step) ?? (() => false);
  return partition(params, (path) => !isBuffer(path) && !frozen(path));
}
