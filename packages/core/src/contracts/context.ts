import type { Tensor } from '@tensorflow/tfjs-core';
import { foldIn, type Key } from '../keys';

/** How a forward pass is run. Passed down explicitly; there is no global mode. */
export interface Context {
  /** Dropout and batch statistics on (true) or off (false). */
  readonly training: boolean;
  /** The pass's key. A module never draws from it directly: it folds in a name of its own. */
  readonly key: Key;
  /** How many steps of training were done before this one. Absent: this is no step of a training run. */
  readonly step?: number;
  /**
   * Receives new values of buffers (batch norm's running statistics) by parameter path, and disposes
   * them. Absent: the statistics are not tracked.
   */
  readonly record?: (path: string, value: Tensor) => void;
  /**
   * Whether the parameter (or buffer) at a path is not trained. Batch norm uses stored statistics
   * that are frozen, also in training. Absent: everything is trained.
   */
  readonly frozen?: (path: string) => boolean;
  /**
   * Encoders made of layers keep only the input of each layer and compute the layer again in the
   * backward pass: less memory for about a third more time. Default false.
   */
  readonly recompute?: boolean;
}

/** The context of inference: no dropout, stored statistics. */
export const inference: Context = { training: false, key: { high: 0, low: 0 } };

/** A context for the module at `prefix`: own key; paths it records or asks about get the prefix. */
export function scoped(ctx: Context, prefix: string): Context {
  const { record, frozen } = ctx;
  return {
    ...withOwnKey(ctx, prefix),
    ...(record && { record: (path: string, value: Tensor) => record(prefix + path, value) }),
    ...(frozen && { frozen: (path: string) => frozen(prefix + path) }),
  };
}

/** The same context under a key of its own: for one of several passes through one module. */
export function withOwnKey(ctx: Context, data: string | number): Context {
  return { ...ctx, key: foldIn(ctx.key, data) };
}

/** The same context for a pass that is computed a second time, or whose statistics do not count. */
export function withoutRecord(ctx: Context): Context {
  const silent: { -readonly [Name in keyof Context]: Context[Name] } = { ...ctx };
  delete silent.record;
  return silent;
}
