import type { Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import { count, listOf } from '@crossweave/core/authoring';
import { activations, dropout, initLinear, linear, type Activation } from '@crossweave/core/nn';

/** MMF's MLP: linear layers `linears.0`, `linears.1`, … through the given widths. */
export function initMlp(key: Key, path: string, widths: readonly number[]): Params {
  return mergeParams(
    ...widths
      .slice(1)
      .map((out, i) => initLinear(key, `${path}.linears.${i}`, { in: widths[i]!, out })),
  );
}

export interface MlpOptions {
  /** Hidden widths of the MLP. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly dropout: number;
}

/** Check of a list of hidden widths, possibly empty. */
export const hiddenCheck = listOf(count());

/** The layers after `linears.0`, whose result is `x`, with activation and dropout before each. */
export function mlpBehindFirst(
  params: Params,
  path: string,
  x: Tensor2D,
  options: MlpOptions,
  ctx: Context,
): Tensor2D {
  const activate = activations[options.activation];
  return options.hidden.reduce((value, _, i) => {
    const kept = dropout(activate(value), options.dropout, ctx, `${path}.dropout.${i}`);
    return linear(params, `${path}.linears.${i + 1}`, kept);
  }, x);
}
