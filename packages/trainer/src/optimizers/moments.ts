import { add, mul, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import {
  isBuffer,
  mapParams,
  withPrefix,
  type OptimizerState,
  type Params,
} from '@crossweave/core';

/** Zeros for each trained parameter, as `<what>.<path>`. */
export function momentsOf(what: string, params: Params): OptimizerState {
  const trained = Object.entries(params).filter(([path]) => !isBuffer(path));
  return withPrefix(`${what}.`, mapParams(Object.fromEntries(trained), zerosLike));
}

/** β·old + the new value's share, which is already multiplied by 1 − β. */
export function average<T extends Tensor>(beta: number, old: Tensor, share: T): T {
  return add<T>(mul(old, beta), share);
}
