import {
  add,
  matMul,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  disposeParams,
  foldIn,
  key,
  parameter,
  permutation,
  subtree,
  treeGradients,
  withPrefix,
  type FittedTask,
  type Label,
  type Params,
} from '@crossweave/core';
import { adamW, warmupCosine } from '@crossweave/trainer';
import { pause } from '../features/pause';

/** Numbers of one sample, [width]. */
export type Describe = (sample: number) => Float32Array;

export interface LinearFitOptions {
  /** Passes over the samples, at most {@link mostSteps} steps. */
  readonly epochs: number;
  readonly signal?: AbortSignal | undefined;
}

const batchSize = 256;
const mostSteps = 1200;

/**
 * The linear model from `width` numbers to a task's outputs that its own loss chooses (AdamW, cosine,
 * fixed order): what can be said of a pair from these numbers without any product of them. It starts
 * at the task's prior.
 *
 * @returns outputs [K] of any numbers [width].
 */
export async function fitLinear(
  task: FittedTask,
  labels: readonly Label[],
  width: number,
  describe: Describe,
  { epochs, signal }: LinearFitOptions,
): Promise<(numbers: Float32Array) => Float32Array> {
  const size = Math.min(batchSize, labels.length);
  const perEpoch = Math.floor(labels.length / size);
  const steps = Math.min(mostSteps, Math.max(60, epochs * perEpoch));
  const optimizer = adamW({
    learningRate: { '': 0.03 },
    weightDecay: 0.01,
    schedule: warmupCosine({ warmup: 10, steps }),
  });
  const start: Params = {
    weight: zeros([task.outputs, width]),
    bias: tensor1d([...task.prior]),
  };
  // One tree, so that a step gives all of it out of one `tidy`.
  let tree: Params = {
    ...withPrefix('params.', start),
    ...withPrefix('state.', optimizer.init(start)),
  };
  for (let step = 0; step < steps; step++) {
    await pause(signal);
    const order = permutation(foldIn(key(0), Math.floor(step / perEpoch)), labels.length);
    const at = (step % perEpoch) * size;
    const rows = order.slice(at, at + size);
    const numbers = new Float32Array(size * width);
    rows.forEach((row, i) => {
      numbers.set(describe(row), i * width);
    });
    const [params, state] = [subtree(tree, 'params.'), subtree(tree, 'state.')];
    const next: Params = tidy(() => {
      const x = tensor2d(numbers, [size, width]);
      const shown = rows.map((row) => labels[row]);
      const { gradients } = treeGradients(() => task.loss(outputsOf(params, x), shown), params);
      const updated = optimizer.update(gradients, state, params, step);
      return { ...withPrefix('params.', updated.params), ...withPrefix('state.', updated.state) };
    });
    const kept = new Set(Object.values(next));
    for (const old of Object.values(tree)) if (!kept.has(old)) old.dispose();
    tree = next;
    // An engine that computes when it is read computes the step here.
    await parameter(tree, 'params.bias').data();
  }
  const params = subtree(tree, 'params.');
  const weight = await parameter<Tensor2D>(params, 'weight').data<'float32'>();
  const bias = await parameter<Tensor1D>(params, 'bias').data<'float32'>();
  disposeParams(tree);
  return (numbers) =>
    Float32Array.from(bias, (start, k) => {
      let sum = start;
      for (let d = 0; d < width; d++) sum += weight[k * width + d]! * numbers[d]!;
      return sum;
    });
}

function outputsOf(params: Params, x: Tensor2D): Tensor2D {
  const weight = parameter<Tensor2D>(params, 'weight');
  return add(matMul(x, weight, false, true), parameter<Tensor1D>(params, 'bias'));
}
