import type { Tensor } from '@tensorflow/tfjs-core';
import { foldIn, type Key } from '../keys';

/** How a forward pass is run. Passed down explicitly; there is no global mode. */
export interface Context {
  /** Dropout and batch statistics on (true) or off (false). */
  readonly training: boolean;
  /** The pass's key. Consumers never use it directly: they fold in a name of their own. */
  readonly key: Key;
  /**
   * Receives new values of buffers (batch norm's running statistics) by parameter
   * path. Absent: the statistics are not tracked. Takes ownership of `value`.
   */
  readonly record?: (path: string, value: Tensor) => void;
  /**
   * Whether the parameter (or buffer) at a path is not trained. Batch norm uses stored statistics
   * that are frozen, also in training. Absent: everything is trained.
   */
  readonly frozen?: (path: string) => boolean;
  /**
   * Encoders made of layers keep only what goes into each layer, and compute it again in the
   * backward pass: less memory for about a third more time. Default false.
   */
  readonly recompute?: boolean;
}

/** The context of inference: no dropout, stored statistics. */
export const inference: Context = { training: false, key: { high: 0, low: 0 } };

/** A context for the module at `prefix`: own key; paths it records or asks about get the prefix. */
export function scoped(ctx: Context, prefix: string): Context {
  const { record, frozen, recompute } = ctx;
  return {
    training: ctx.training,
    key: foldIn(ctx.key, prefix),
    ...(record && { record: (path: string, value: Tensor) => record(prefix + path, value) }),
    ...(recompute !== undefined && { recompute }),
    ...(frozen && { frozen: (path: string) => frozen(prefix + path) }),
  };
}
