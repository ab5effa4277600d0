import type { FittedTask, Label, Task } from '@crossweave/core';
import {
  anyOf,
  checkOptions,
  listOf,
  number,
  oneOf,
  recordOf,
  requireKnownKeys,
  share,
  text,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { checkedTask } from './checked-task';
import { readFacts } from './facts';
import { headChecks, headOptions, taskHead, type HeadOptions } from './head';
import { classNameOf, requireLabels, sharesOf, wrongLabel } from './labels';
import {
  bestOfClasses,
  largest,
  losses,
  measureClasses,
  named,
  namedFigures,
  ranked,
  rowsOf,
  softmaxLoss,
  softmaxOf,
  type SoftTarget,
} from './softmax';

export interface ClassificationOptions extends HeadOptions {
  /**
   * What a sample of a class counts in the loss: `balanced` weighs a class with 1/(classes · its
   * share), a record names a weight a class (others 1). Default: all count 1.
   */
  readonly classWeights?: 'balanced' | Readonly<Record<string, number>>;
  /** Share of the target that is spread over all classes, in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
  /** γ of the focal loss (arXiv 1708.02002): samples that are right already count less. Default 0. */
  readonly focal?: number;
}

interface ClassFacts {
  readonly classes: readonly string[];
  /** Of the training labels, by class. */
  readonly shares: readonly number[];
}

const checks: Checks<ClassificationOptions> = {
  ...headChecks,
  classWeights: anyOf(oneOf('balanced'), recordOf(number({ min: 0 }))),
  labelSmoothing: share(),
  focal: number({ min: 0 }),
};

/**
 * One class a pair. Labels are texts or numbers (the number 3 is the class "3"). The loss is
 * PyTorch's `cross_entropy` with `weight` and `label_smoothing`, times (1 − p)^γ with `focal`.
 */
export function classification(options: ClassificationOptions = {}): Task {
  const name = 'classification';
  checkOptions(name, options, checks);
  const classOf = (label: Label): string => {
    const found = classNameOf(label);
    if (found !== undefined) return found;
    throw wrongLabel(
      name,
      label,
      'one class, a text or a number',
      'Several: the task multi-label.',
    );
  };
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      return fitted(sharesOf(name, labels.map(classOf)));
    },
    restore: (facts) =>
      fitted(
        readFacts<ClassFacts>(name, facts, {
          classes: listOf(text(), { min: 2, distinct: true }),
          shares: listOf(number({ above: 0, max: 1 }), { min: 2 }),
        }),
      ),
  };

  function fitted(facts: ClassFacts): FittedTask {
    const { classes, shares } = facts;
    const { classWeights: given, labelSmoothing = 0, focal = 0 } = options;
    if (typeof given === 'object') {
      requireKnownKeys(`${name}, "classWeights"`, given, classes);
    }
    const places = new Map(classes.map((each, k) => [each, k]));
    const weights = classes.map((each, k) =>
      given === 'balanced' ? 1 / (classes.length * shares[k]!) : (given?.[each] ?? 1),
    );
    const targets: SoftTarget[] = classes.map((_, truth) => ({
      truth,
      weight: weights[truth]!,
      target: weights.map(
        (weight, k) =>
          weight * (labelSmoothing / classes.length + (k === truth ? 1 - labelSmoothing : 0)),
      ),
    }));
    return withConfig(
      name,
      { ...options, facts },
      checkedTask({
        name,
        facts,
        ...taskHead(classes.length, headOptions(options)),
        prior: shares.map(Math.log),
        logits: true,
        best: namedFigures(name, bestOfClasses),
        ...losses((outputs, labels) =>
          softmaxLoss(
            outputs,
            labels.map((all) =>
              all.map((label) =>
                label === undefined ? undefined : targets[places.get(classOf(label)) ?? -1],
              ),
            ),
            focal,
          ),
        ),
        measure(outputs, labels) {
          requireLabels(name, labels);
          const rows = rowsOf(name, outputs, labels.length, classes.length);
          return named(name, measureClasses(classes, rows.map(softmaxOf), labels.map(classOf)));
        },
        chance: () => {
          const one = 1 / classes.length;
          return namedFigures(name, { accuracy: one, balancedAccuracy: one, rocAuc: 0.5 });
        },
        knows: (label) => places.has(classOf(label)),
        predict(outputs) {
          const probabilities = softmaxOf(outputs);
          const best = largest(probabilities);
          return {
            label: classes[best]!,
            probability: probabilities[best]!,
            probabilities: ranked(classes, probabilities),
          };
        },
      }),
    );
  }
}
