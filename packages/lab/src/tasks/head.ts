import { tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import { count, dropRate, type Checks } from '@crossweave/core/authoring';
import { dropout, gelu, initLinear, linear } from '@crossweave/core/nn';

/** The head that all tasks of this package have. */
export interface HeadOptions {
  /** Width of a hidden layer with GELU. Default: none, the head is one linear layer. */
  readonly hidden?: number;
  /** Share of the inputs of each layer that is dropped in training. Default 0. */
  readonly dropout?: number;
}

export const headChecks: Checks<HeadOptions> = { hidden: count(), dropout: dropRate() };

/** What of a `FittedTask` its head is. */
export function headOf(outputs: number, { hidden, dropout: rate = 0 }: HeadOptions) {
  return {
    outputs,
    /** `out` [K, D] alone, or `hidden` [hidden, D] and `out` [K, hidden], each with a bias. */
    init: (key: Key, dim: number): Params =>
      hidden === undefined
        ? initLinear(key, 'out', { in: dim, out: outputs })
        : mergeParams(
            initLinear(key, 'hidden', { in: dim, out: hidden }),
            initLinear(key, 'out', { in: hidden, out: outputs }),
          ),
    apply: (params: Params, joint: Tensor2D, ctx: Context): Tensor2D =>
      tidy(() => {
        const input = dropout(joint, rate, ctx, 'joint');
        if (hidden === undefined) return linear(params, 'out', input);
        const between = gelu(linear(params, 'hidden', input));
        return linear(params, 'out', dropout(between, rate, ctx, 'hidden'));
      }),
  };
}
