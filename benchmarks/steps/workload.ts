import type { Context, Optimizer, Params } from '@crossweave/core';
import { isBuffer, key, mapParams, partition } from '@crossweave/core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a step reads and renews; `optimizer` is empty where nothing is trained. */
// A type, not an interface: `jit` takes plain trees.
export type State = Readonly<Record<'params' | 'optimizer', Params>>;

/** One model of the benchmark; its peer of the same sizes stands in `peers/`. */
export interface Workload {
  /**
   * Floating-point operations of a step. Matrix products and convolutions are counted, two
   * operations a multiply-add; elementwise work is not.
   */
  readonly flops: number;
  /** Whether what the step closes over stays as it is, so that the engine may rearrange it. */
  readonly bake?: boolean;
  /** @param batch rows of the batch, where other numbers than the benchmark's can be had. */
  readonly start: (batch?: number) => {
    readonly state: State;
    /** The one batch all steps read. */
    readonly batch: Params;
    readonly step: Step;
  };
}

/** Training by the trainer itself, with all that it does in a step. */
export interface TrainerWorkload {
  /** As {@link Workload.flops}. */
  readonly flops: number;
  /** @param onStep gets milliseconds of a step, the wait for its batch left out, and its loss. */
  readonly train: (
    steps: number,
    compile: 'auto' | 'never',
    onStep: (milliseconds: number, loss: number) => void,
  ) => Promise<void>;
}

/** Pure: state and batch to the next state and the loss. */
export type Step = (state: State, batch: Params) => { state: State; loss: Scalar };

/** Operations of a product of [m, k] and [k, n]. */
export const product = (m: number, k: number, n: number): number => 2 * m * k * n;

/** Forward, backward, clipping and update as one pure step. `lossOf` must use every parameter. */
export function trainingStep(
  optimizer: Optimizer,
  lossOf: (params: Params, batch: Params, ctx: Context) => Scalar,
): Step {
  return (state, batch) =>
    tf.tidy(() => {
      const [buffers, trained] = partition(state.params, isBuffer);
      const paths = Object.keys(trained);
      const recorded: Record<string, Tensor> = {};
      const record = (path: string, value: Tensor): void => void (recorded[path] = value);
      const ctx: Context = { training: true, key: key(0), record };
      const treeOf = (values: readonly Tensor[]): Params =>
        Object.fromEntries(paths.map((path, i) => [path, values[i]!]));
      const { value, grads } = tf.valueAndGrads((...values: Tensor[]) =>
        lossOf({ ...buffers, ...treeOf(values) }, batch, ctx),
      )(Object.values(trained));
      const next = optimizer.update(treeOf(grads), state.optimizer, trained, 0);
      // In the order of the old ones, which is part of what `jit` compiles for.
      const params = mapParams(
        state.params,
        (old, path): Tensor => next.params[path] ?? recorded[path] ?? old,
      );
      return { state: { params, optimizer: next.state }, loss: value };
    });
}

/** Features alone, as of a frozen tower: no gradient, stored statistics; the "loss" is their mean. */
export function featureExtraction(
  init: () => Params,
  batchOf: () => Params,
  featuresOf: (params: Params, batch: Params) => Tensor,
): Pick<Workload, 'bake' | 'start'> {
  return {
    bake: true,
    start() {
      const params = init();
      return {
        state: { params: {}, optimizer: {} },
        batch: batchOf(),
        step: (state, batch) => ({
          state,
          loss: tf.tidy(() => tf.mean<Scalar>(featuresOf(params, batch))),
        }),
      };
    },
  };
}

/** Mean cross-entropy of logits [B, K] against labels [B, K], one row of them each. */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): Scalar {
  return tf.neg(tf.mean<Scalar>(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1)));
}

/** Labels [B, K] of B rows that take the K classes in turn. */
export function labelsInTurn(count: number, classes: number): tf.Tensor2D {
  const indices = Array.from({ length: count }, (_, i) => i % classes);
  return tf.oneHot(tf.tensor1d(indices, 'int32'), classes, 1, 0, 'float32') as tf.Tensor2D;
}
