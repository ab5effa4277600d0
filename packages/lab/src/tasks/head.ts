import { tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import { boolean, checkOptions, count, dropRate, type Checks } from '@crossweave/core/authoring';
import { dropout, gelu, initLayerNorm, initLinear, layerNorm, linear } from '@crossweave/core/nn';

/** The head that all tasks of this package have. */
export interface HeadOptions {
  /** Width of a hidden layer with GELU. Default: none, the head is one linear layer. */
  readonly hidden?: number;
  /** Layer norm before the head, so that fusions of any scale start alike. Default true. */
  readonly norm?: boolean;
  /** Share of the inputs of each layer that is dropped in training. Default 0. */
  readonly dropout?: number;
}

export const headChecks: Checks<HeadOptions> = {
  hidden: count(),
  norm: boolean(),
  dropout: dropRate(),
};

/**
 * What of a `FittedTask` its head is: spread it into a task of your own.
 *
 * @throws ConfigError for an option out of range.
 */
export function taskHead(outputs: number, options: HeadOptions = {}) {
  checkOptions('taskHead', options, headChecks);
  const { hidden, norm = true, dropout: rate = 0 } = options;
  return {
    outputs,
    /** `norm` [D], and `out` [K, D] or `hidden` [hidden, D] and `out` [K, hidden], with biases. */
    init: (key: Key, dim: number): Params =>
      mergeParams(
        norm ? initLayerNorm('norm', dim) : {},
        hidden === undefined ? {} : initLinear(key, 'hidden', { in: dim, out: hidden }),
        initLinear(key, 'out', { in: hidden ?? dim, out: outputs }),
      ),
    apply: (params: Params, joint: Tensor2D, ctx: Context): Tensor2D =>
      tidy(() => {
        const level = norm ? layerNorm(params, 'norm', joint) : joint;
        const input = dropout(level, rate, ctx, 'joint');
        if (hidden === undefined) return linear(params, 'out', input);
        const between = gelu(linear(params, 'hidden', input));
        return linear(params, 'out', dropout(between, rate, ctx, 'hidden'));
      }),
  };
}

/** The options of the head among those of a task. */
export function headOptions(options: HeadOptions): HeadOptions {
  const { hidden, norm, dropout: rate } = options;
  return {
    ...(hidden !== undefined && { hidden }),
    ...(norm !== undefined && { norm }),
    ...(rate !== undefined && { dropout: rate }),
  };
}
