import { isBuffer, partition, type Params } from '@crossweave/core';

/** The parameters gradients are taken for, and all others. */
export function partitionTrainable(
  options: { readonly frozen?: (path: string) => boolean },
  params: Params,
): [trainable: Params, fixed: Params] {
  const frozen = options.frozen ?? (() => false);
  return partition(params, (path) => !isBuffer(path) && !frozen(path));
}
