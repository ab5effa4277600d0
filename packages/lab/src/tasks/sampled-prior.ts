import { ConfigError, type FittedTask } from '@crossweave/core';
import type { Sampling } from '@crossweave/data';

/** Tasks whose outputs are logits of a softmax over classes, and whose `prior` is their log shares. */
const overClasses: readonly string[] = ['classification', 'answering'];

/**
 * What must be added to the outputs [K] of a task that was trained on sampled classes
 * (`pairBatches({ sampling })`), so that their softmax is a probability for the data as it is: the
 * logarithm of each class's share of the training labels over its share of the drawn pairs (Saerens et
 * al., Neural Computation 14, 2002; as logit adjustment in arXiv 2007.07314). The option `shift` of
 * `evaluateTask` takes it. Without it the outputs are those for data in which the classes are as often
 * as they were drawn: rare classes are predicted more often, and probabilities are too high for them.
 *
 * @throws ConfigError for sampling with a task that has no classes to be drawn by.
 */
export function sampledPrior(task: FittedTask, sampling: Sampling): number[] {
  if (sampling === 'none') return task.prior.map(() => 0);
  if (!overClasses.includes(task.name)) {
    throw new ConfigError(`the task "${task.name}" cannot be trained on sampled classes`, {
      where: 'sampling',
      expected: `none, or one of the tasks ${overClasses.join(' and ')}`,
      got: sampling,
      advice:
        task.name === 'multi-label'
          ? "Weigh rare classes in the loss: positiveWeights: 'balanced'."
          : 'Leave sampling out.',
    });
  }
  // Drawn in proportion to share^power; a constant in all outputs does not matter to a softmax.
  const power = sampling === 'balanced' ? 0 : 0.5;
  return task.prior.map((logShare) => (1 - power) * logShare);
}

/** The option of `evaluateTask` that corrects for sampled classes: nothing where none were. */
export function correctionFor(
  task: FittedTask,
  sampling: Sampling = 'none',
): { readonly shift?: readonly number[] } {
  return sampling === 'none' ? {} : { shift: sampledPrior(task, sampling) };
}
