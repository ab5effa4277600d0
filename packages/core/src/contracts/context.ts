import type { Tensor } from '@tensorflow/tfjs-core';
import { withFields } from '../host-value';
import { foldIn, type Key } from '../keys';

/** How a forward pass is run. Every module gets it as an argument; there is no global mode. */
export interface Context {
  /**
   * Whether dropout is applied and batch norm uses the batch's statistics, as in `module.train()`.
   */
  readonly training: boolean;
  /**
   * The random key of the pass. A module derives its own key with `foldIn(key, path)` and draws
   * from that.
   */
  readonly key: Key;
  /** Index of the training step, from 0. Absent outside of a training run. */
  readonly step?: number;
  /**
   * Receives the new value of a buffer (batch norm's running statistics) and its parameter path,
   * and disposes the value. Absent: running statistics are not updated.
   */
  readonly record?: (path: string, value: Tensor) => void;
  /**
   * Whether the parameter or buffer at a path is frozen. A batch norm whose running statistics are
   * frozen uses them in training too. Absent: nothing is frozen.
   */
  readonly frozen?: (path: string) => boolean;
  /**
   * Gradient checkpointing: a transformer keeps only the input of each layer, a convolutional
   * encoder that of each block, and computes the rest again in the backward pass. This saves memory
   * and costs about a third more operations. Default false.
   */
  readonly recompute?: boolean;
}

/** The context of inference: no dropout, stored statistics. */
export const inference: Context = { training: false, key: { high: 0, low: 0 } };

/**
 * The context of the module at `prefix`: it has a key derived from the prefix, and the paths that
 * the module passes to `record` and `frozen` get the prefix.
 */
export function scoped(ctx: Context, prefix: string): Context {
  const { record, frozen } = ctx;
  return withFields(withOwnKey(ctx, prefix), {
    ...(record && { record: (path: string, value: Tensor) => record(prefix + path, value) }),
    ...(frozen && { frozen: (path: string) => frozen(prefix + path) }),
  });
}

/** The same context with a derived key. Use it when one module runs several times in a pass. */
export function withOwnKey(ctx: Context, data: string | number): Context {
  return withFields(ctx, { key: foldIn(ctx.key, data) });
}

/** The same context without `record`: the pass does not update running statistics. */
export function withoutRecord(ctx: Context): Context {
  const silent: { -readonly [Name in keyof Context]: Context[Name] } = withFields(ctx, {});
  delete silent.record;
  return silent;
}
