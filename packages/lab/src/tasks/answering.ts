import { DataError, type FittedTask, type Label, type Task } from '@crossweave/core';
import {
  checkOptions,
  count,
  listOf,
  number,
  share,
  text,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { mean } from '../statistics/moments';
import { checkedTask } from './checked-task';
import { readFacts } from './facts';
import { headChecks, headOptions, taskHead, type HeadOptions } from './head';
import { classNameOf, requireLabels, wrongLabel } from './labels';
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

export interface AnsweringOptions extends HeadOptions {
  /** The commonest answers of the training split are those it can give. Default 3000. */
  readonly answers?: number;
  /** Rarer answers than this are not learned. Default 1. */
  readonly minCount?: number;
  /** Share of the target that is spread over all answers, in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
}

interface AnswerFacts {
  /** The vocabulary, the commonest answer first. */
  readonly classes: readonly string[];
  /** Of the training labels, by answer. */
  readonly shares: readonly number[];
}

const checks: Checks<AnsweringOptions> = {
  ...headChecks,
  answers: count(2),
  minCount: count(),
  labelSmoothing: share(),
};

/** An answer as it is compared: lower case, single spaces, no full stop at the end. */
export function normaliseAnswer(answer: string): string {
  return answer.normalize('NFKC').trim().toLowerCase().replace(/\s+/g, ' ').replace(/\.$/, '');
}

/**
 * An answer to the question that a pair's caption asks, out of the answers of the training split. A
 * label is one answer or the list of those that several people gave; of a list, an answer scores
 * min(1, count / min(3, length of the list)), as in the VQA challenge (arXiv 1505.00468). The loss is
 * the cross entropy with the scores as target. `accuracy` is the mean score of the given answers,
 * also of the questions whose commonest answer is yes or no, a number, or another.
 */
export function answering(options: AnsweringOptions = {}): Task {
  const name = 'answering';
  checkOptions(name, options, checks);
  const given = (label: Label): string[] => {
    const answers = (Array.isArray(label) ? label : [label]).map((each: unknown) =>
      normaliseAnswer(classNameOf(each) ?? ''),
    );
    if (answers.length > 0 && !answers.includes('')) return answers;
    throw wrongLabel(
      name,
      label,
      'an answer, or a list of answers',
      'Leave out the label instead.',
    );
  };
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      return fitted(vocabularyOf(labels.map((label) => commonest(given(label)))));
    },
    restore: (facts) =>
      fitted(
        readFacts<AnswerFacts>(name, facts, {
          classes: listOf(text(), { min: 2, distinct: true }),
          shares: listOf(number({ above: 0, max: 1 }), { min: 2 }),
        }),
      ),
  };

  function vocabularyOf(answers: readonly string[]): AnswerFacts {
    const { answers: most = 3000, minCount = 1 } = options;
    const kept = counted(answers)
      .filter(([, times]) => times >= minCount)
      .slice(0, most);
    if (kept.length < 2) {
      throw new DataError('there are not two answers to learn', {
        where: name,
        expected: `two answers or more that the training split has ${minCount} times or more`,
        got: kept.map(([answer]) => answer).join(', '),
      });
    }
    return {
      classes: kept.map(([answer]) => answer),
      shares: kept.map(([, times]) => times / answers.length),
    };
  }

  function fitted(facts: AnswerFacts): FittedTask {
    const { classes, shares } = facts;
    const { labelSmoothing = 0 } = options;
    const places = new Map(classes.map((each, k) => [each, k]));
    const targetOf = (label: Label | undefined): SoftTarget | undefined => {
      if (label === undefined) return undefined;
      const scores = classes.map(() => 0);
      for (const [answer, score] of scoresOf(given(label))) {
        const place = places.get(answer);
        if (place !== undefined) scores[place] = score;
      }
      const total = scores.reduce((all, score) => all + score, 0);
      if (total === 0) return undefined;
      const smooth = labelSmoothing / classes.length;
      const target = scores.map((score) => smooth + ((1 - labelSmoothing) * score) / total);
      return { target, weight: 1, truth: largest(scores) };
    };
    return withConfig(
      name,
      { ...options, facts },
      checkedTask({
        name,
        facts,
        ...taskHead(classes.length, headOptions(options)),
        prior: shares.map(Math.log),
        logits: true,
        best: namedFigures(name, {
          ...bestOfClasses,
          ...Object.fromEntries(kinds.map((k) => [`accuracy.${k}`, 1])),
        }),
        ...losses((outputs, labels) =>
          softmaxLoss(
            outputs,
            labels.map((all) => all.map(targetOf)),
          ),
        ),
        measure(outputs, labels) {
          requireLabels(name, labels);
          const probabilities = rowsOf(name, outputs, labels.length, classes.length).map(softmaxOf);
          const answers = labels.map(given);
          const truth = answers.map(commonest);
          const figures = measureClasses(classes, probabilities, truth);
          const accuracy = probabilities.map(
            (row, i) => scoresOf(answers[i]!).get(classes[largest(row)]!) ?? 0,
          );
          const byKind = kinds.flatMap((kind): [string, number][] => {
            const own = accuracy.filter((_, i) => kindOf(truth[i]!) === kind);
            return own.length === 0 || own.length === accuracy.length
              ? []
              : [[`accuracy.${kind}`, mean(own)]];
          });
          return named(name, {
            ...figures,
            metrics: {
              ...figures.metrics,
              accuracy: mean(accuracy),
              ...Object.fromEntries(byKind),
            },
            outcomes: { ...figures.outcomes, accuracy },
          });
        },
        chance: () => namedFigures(name, { accuracy: 1 / classes.length, rocAuc: 0.5 }),
        knows: (label) => given(label).some((answer) => places.has(answer)),
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

const kinds = ['yes-no', 'number', 'other'] as const;

function kindOf(answer: string): (typeof kinds)[number] {
  if (answer === 'yes' || answer === 'no') return 'yes-no';
  return /^[-+]?\d+([.,]\d+)?$/.test(answer) ? 'number' : 'other';
}

/** Distinct answers, the commonest first, of equal ones the first in code-unit order. */
function counted(answers: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => (n !== m ? n - m : a < b ? -1 : 1));
}

function commonest(answers: readonly string[]): string {
  return counted(answers)[0]![0];
}

function scoresOf(answers: readonly string[]): Map<string, number> {
  const full = Math.min(3, answers.length);
  return new Map(counted(answers).map(([answer, times]) => [answer, Math.min(1, times / full)]));
}
