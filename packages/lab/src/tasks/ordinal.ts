import { tensor1d } from '@tensorflow/tfjs-core';
import {
  DataError,
  FileFormatError,
  parameter,
  type FittedTask,
  type Label,
  type Task,
} from '@crossweave/core';
import {
  anyOf,
  checkOptions,
  listOf,
  number,
  text,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { total } from '../metrics/confusion';
import { mean } from '../statistics/moments';
import { checkedTask } from './checked-task';
import { binaryLoss, type BinaryTarget } from './binary-loss';
import { readFacts } from './facts';
import { headChecks, headOptions, taskHead, type HeadOptions } from './head';
import { requireLabels, wrongLabel } from './labels';
import { bestOfRanks, levelOf, measureRanks, rankProbabilities } from './measure-ranks';
import { losses, named, namedFigures, ranked, rowsOf } from './softmax';

export interface OrdinalOptions extends HeadOptions {
  /**
   * The classes from the lowest to the highest: `['poor', 'fair', 'good']`. Default: labels are whole
   * numbers, in their own order.
   */
  readonly order?: readonly string[];
}

/** A class of `order`, or a whole number. */
type Rank = string | number;

interface RankFacts {
  /** [K + 1] those that training labels have, from the lowest to the highest. */
  readonly ranks: readonly Rank[];
  /** [K + 1] of the training labels. */
  readonly shares: readonly number[];
}

const checks: Checks<OrdinalOptions> = {
  ...headChecks,
  order: listOf(text(), { min: 2, distinct: true }),
};

/**
 * One of several ranks a pair, by CORAL (Cao, Mirjalili and Raschka, arXiv 1901.07884). Labels are
 * whole numbers, or texts that are one; with `order`, its classes.
 *
 * The K outputs, one fewer than ranks, are the logits of "the rank is above the k-th". They differ in
 * their bias alone: the head is one linear output, and `out.bias` has K entries. The loss is the sum
 * of their binary cross entropies, its mean over pairs. The predicted rank is the number of outputs
 * whose probability is above 0.5.
 */
export function ordinal(options: OrdinalOptions = {}): Task {
  const name = 'ordinal';
  checkOptions(name, options, checks);
  const { order } = options;
  const rankOf = (label: Label): Rank => {
    if (order === undefined) return wholeNumber(name, label);
    const rank = typeof label === 'object' ? undefined : String(label);
    if (rank !== undefined && order.includes(rank)) return rank;
    throw wrongLabel(
      name,
      label,
      `one of ${order.join(', ')}`,
      'Correct the label, or name it at its place in "order".',
    );
  };
  /** Increases with the rank. */
  const placeOf = (rank: Rank): number =>
    order === undefined ? Number(rank) : order.indexOf(String(rank));
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      const all = labels.map(rankOf);
      const counts = new Map<Rank, number>();
      for (const rank of all) counts.set(rank, (counts.get(rank) ?? 0) + 1);
      const ranks = [...counts.keys()].sort((a, b) => placeOf(a) - placeOf(b));
      if (ranks.length > 1) {
        return fitted({ ranks, shares: ranks.map((rank) => counts.get(rank)! / all.length) });
      }
      throw new DataError('all labels are of one rank: there is nothing to learn', {
        where: name,
        expected: 'labels of two ranks or more in the training split',
        got: ranks[0],
      });
    },
    restore(facts) {
      const rank = order === undefined ? number({ integer: true }) : text();
      const read = readFacts<RankFacts>(name, facts, {
        ranks: listOf(anyOf(rank), { min: 2 }),
        shares: listOf(number({ above: 0, below: 1 }), { min: 2 }),
      });
      const places = read.ranks.map(placeOf);
      const ascending = places.every((place, k) => k === 0 || place > places[k - 1]!);
      const known = order === undefined || !places.includes(-1);
      if (ascending && known && read.shares.length === read.ranks.length) return fitted(read);
      throw new FileFormatError('the facts are not those of a task with these options', {
        where: name,
        expected: `ranks in the order of ${order?.join(', ') ?? 'the numbers'}, and a share for each`,
        got: JSON.stringify(facts).slice(0, 200),
      });
    },
  };

  function fitted(facts: RankFacts): FittedTask {
    const { ranks, shares } = facts;
    const levels = new Map(ranks.map((rank, level) => [rank, level]));
    const prior = ranks.slice(1).map((_, k) => {
      const below = total(shares.slice(0, k + 1));
      return Math.log(total(shares.slice(k + 1)) / below);
    });
    const targets = ranks.map((_, level): BinaryTarget => ({
      yes: prior.map((_logit, k) => Number(level > k)),
      no: prior.map((_logit, k) => Number(level <= k)),
    }));
    // The scale of errors is the whole order, or all numbers that training or these labels have.
    const scaleOf = (labels: readonly Label[]) => {
      const given = labels.map(rankOf);
      const scale =
        order ?? [...new Set([...ranks, ...given])].sort((a, b) => placeOf(a) - placeOf(b));
      const places = new Map<Rank, number>(scale.map((rank, place) => [rank, place]));
      const placeAt = (outputs: ArrayLike<number>) => places.get(ranks[levelOf(outputs)]!)!;
      return {
        scale: scale.map(String),
        given,
        truth: given.map((rank) => places.get(rank)!),
        placeAt,
      };
    };
    return withConfig(
      name,
      { ...options, facts },
      checkedTask({
        name,
        facts,
        ...coralHead(prior, headOptions(options)),
        prior,
        logits: true,
        best: namedFigures(name, bestOfRanks),
        ...losses((outputs, labels) =>
          binaryLoss(
            outputs,
            labels.map((all) =>
              all.map((label) =>
                label === undefined ? undefined : targets[levels.get(rankOf(label)) ?? -1],
              ),
            ),
            1,
          ),
        ),
        measure(outputs, labels) {
          requireLabels(name, labels);
          const rows = rowsOf(name, outputs, labels.length, prior.length);
          const { scale, given, truth, placeAt } = scaleOf(labels);
          const ofTruth = rows.map(
            (row, i) => rankProbabilities(row)[levels.get(given[i]!) ?? -1] ?? 0,
          );
          return named(name, measureRanks({ scale, truth, predicted: rows.map(placeAt), ofTruth }));
        },
        chance(labels) {
          const { truth, placeAt } = scaleOf(labels);
          const median = placeAt(prior);
          return namedFigures(name, {
            mae: mean(truth.map((place) => Math.abs(place - median))),
            accuracy: 1 / ranks.length,
            quadraticKappa: 0,
            spearman: 0,
          });
        },
        knows: (label) => levels.has(rankOf(label)),
        predict(outputs) {
          const level = levelOf(outputs);
          const probabilities = rankProbabilities(outputs);
          return {
            label: ranks[level]!,
            probability: probabilities[level]!,
            probabilities: ranked(ranks.map(String), probabilities),
          };
        },
      }),
    );
  }
}

/** Tables with empty cells are often written with 3.0 for 3. */
const digits = /^\s*[+-]?\d+(\.0+)?\s*$/;

/** @throws DataError for a label that is no whole number, and no text that is one. */
function wholeNumber(name: string, label: Label): number {
  const value = typeof label === 'string' && digits.test(label) ? Number(label) : label;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrongLabel(
    name,
    label,
    'a whole number',
    "Classes in an order: name them from the lowest on, order: ['poor', 'good']. Other numbers: the task regression.",
  );
}

/** `taskHead` with one linear output for all K logits, and a bias for each that begins at the prior. */
function coralHead(prior: readonly number[], options: HeadOptions): ReturnType<typeof taskHead> {
  const { init, apply } = taskHead(1, options);
  return {
    outputs: prior.length,
    init: (key, dim) => {
      const params = init(key, dim);
      parameter(params, 'out.bias').dispose();
      return { ...params, 'out.bias': tensor1d([...prior]) };
    },
    // The one output [B, 1] and the biases [K] give [B, K].
    apply,
  };
}
