import { ConfigError, type FittedTask, type Label } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

/** Bounds of the search, as logarithms. */
const [low, high] = [Math.log(0.05), Math.log(20)];

/**
 * The temperature T by which outputs are divided so that the log loss on these labels is least (Guo
 * et al., arXiv 1706.04599): fitted on a validation split, it makes probabilities honest and leaves
 * the order of classes as it is. Found by golden section in [0.05, 20]; the log loss is convex in 1/T.
 *
 * Where the log loss only falls as T falls, as on a small split without a mistake, the labels do not say
 * how sure to be: then T is 1, not the bound at which every probability is near 1.
 *
 * @param outputs [n, K] row by row.
 * @throws ConfigError for a task whose outputs are no logits; what `task.measure` throws.
 */
export function fitTemperature(
  task: FittedTask,
  outputs: Float32Array,
  labels: readonly Label[],
): number {
  if (!task.logits) {
    throw new ConfigError(`"${task.name}" has no probabilities to calibrate`, {
      where: 'fitTemperature',
      expected: 'a task whose outputs are logits',
    });
  }
  const metric = `${task.name}.logLoss`;
  const cost = (logarithm: number): number =>
    task.measure(divided(outputs, Math.exp(logarithm)), labels).metrics[metric]!;
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [from, to] = [low, high];
  let [left, right] = [to - ratio * (to - from), from + ratio * (to - from)];
  let [atLeft, atRight] = [cost(left), cost(right)];
  while (to - from > 1e-4) {
    if (atLeft <= atRight) {
      [to, right, atRight] = [right, left, atLeft];
      left = to - ratio * (to - from);
      atLeft = cost(left);
    } else {
      [from, left, atLeft] = [left, right, atRight];
      right = from + ratio * (to - from);
      atRight = cost(right);
    }
  }
  const found = (from + to) / 2;
  return found < low + 1e-3 ? 1 : Math.exp(found);
}

/** Outputs divided by a temperature. @throws ConfigError for one that is not above 0. */
export function divided(outputs: Float32Array, temperature: number): Float32Array {
  requireNumber('divided', 'temperature', temperature, { above: 0 });
  return outputs.map((value) => value / temperature);
}
