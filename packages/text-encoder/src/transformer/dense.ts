import { zeros } from '@tensorflow/tfjs-core';
import { foldIn, type Key, type Params } from '@crossweave/core';
import { normalInit } from '@crossweave/core/nn';

/** A linear layer as BERT starts it: weight [out, in] N(0, `deviation`²), bias [out] 0. */
export function initDense(
  key: Key,
  path: string,
  sizes: { readonly in: number; readonly out: number },
  deviation: number,
): Params {
  const weight = `${path}.weight`;
  return {
    [weight]: normalInit(foldIn(key, weight), [sizes.out, sizes.in], deviation),
    [`${path}.bias`]: zeros([sizes.out]),
  };
}
