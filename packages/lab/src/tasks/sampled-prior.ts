import { ConfigError, labelIdentity, type FittedTask, type Label } from '@crossweave/core';
import type { Sampling } from '@crossweave/data';
import { normaliseAnswer } from './answering';

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

/**
 * Batches are drawn by labels as they are written; an answer is compared without its case and full stop.
 *
 * @throws ConfigError for labels that are one class to the task and would be drawn as two: its share of
 *   the drawn pairs would not be the one that {@link sampledPrior} corrects for.
 */
export function requireDrawnClasses(
  task: FittedTask,
  sampling: Sampling | undefined,
  labels: readonly Label[],
): void {
  if (sampling === undefined || sampling === 'none') return;
  const written = new Map<string, Label>();
  for (const label of labels) {
    const name = task.name === 'answering' ? normaliseAnswer(String(label)) : String(label);
    const other = written.get(name) ?? label;
    written.set(name, other);
    if (labelIdentity(other) === labelIdentity(label)) continue;
    throw new ConfigError(
      'labels of one class are written in two ways, and would be drawn as two',
      {
        where: 'sampling',
        expected: 'one spelling of each class in the training split',
        got: `${JSON.stringify(other)} and ${JSON.stringify(label)}`,
        advice: 'Write them alike, or leave sampling out.',
      },
    );
  }
}

/** The option of `evaluateTask` that corrects for sampled classes: nothing where none were. */
export function correctionFor(
  task: FittedTask,
  sampling: Sampling = 'none',
): { readonly shift?: readonly number[] } {
  return sampling === 'none' ? {} : { shift: sampledPrior(task, sampling) };
}
