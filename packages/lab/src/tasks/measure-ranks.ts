import type { TaskFigures } from '@crossweave/core';
import { surprise } from '../metrics/calibration';
import { confusionMatrix } from '../metrics/confusion';
import { quadraticKappa } from '../metrics/quadratic-kappa';
import { regressionFigures } from '../metrics/regression';
import { mean } from '../statistics/moments';
import { sigmoidOf } from './binary-loss';
import { classTables } from './softmax';

/** Names of the metrics of {@link measureRanks}, each with its best value. */
export const bestOfRanks: Readonly<Record<string, number>> = {
  mae: 0,
  accuracy: 1,
  quadraticKappa: 1,
  spearman: 1,
  logLoss: 0,
};

/** The place, from 0, of the predicted rank: the number of logits [K] whose probability is above 0.5. */
export function levelOf(logits: ArrayLike<number>): number {
  return Array.from(logits).filter((logit) => logit > 0).length;
}

/**
 * [K + 1] the probabilities of ranks by logits [K] of "the rank is above the k-th". Probabilities of
 * higher ranks that are larger than those of lower ones, as a model may have before its biases are in
 * order, are sorted first: that leaves {@link levelOf} as it is, and no rank below 0.
 */
export function rankProbabilities(logits: ArrayLike<number>): number[] {
  const above = [1, ...sigmoidOf(Array.from(logits).sort((a, b) => b - a)), 0];
  return above.slice(1).map((share, k) => above[k]! - share);
}

/** n samples that have one rank each, by places on a scale of all ranks, from the lowest, 0. */
export interface RankedSamples {
  /** The names of the scale. */
  readonly scale: readonly string[];
  /** [n] */
  readonly truth: readonly number[];
  /** [n] */
  readonly predicted: readonly number[];
  /** [n] the probability of the true rank. */
  readonly ofTruth: readonly number[];
}

/** Absolute errors are in ranks. */
export function measureRanks({ scale, truth, predicted, ofTruth }: RankedSamples): TaskFigures {
  const confusion = confusionMatrix(truth, predicted, scale.length);
  const kappa = quadraticKappa(confusion);
  const { spearman } = regressionFigures(truth, predicted);
  const outcomes = {
    mae: truth.map((place, i) => Math.abs(place - predicted[i]!)),
    accuracy: truth.map((place, i) => Number(place === predicted[i])),
    logLoss: ofTruth.map(surprise),
  };
  return {
    metrics: {
      mae: mean(outcomes.mae),
      accuracy: mean(outcomes.accuracy),
      ...(kappa !== undefined && { quadraticKappa: kappa }),
      ...(spearman !== undefined && { spearman }),
      logLoss: mean(outcomes.logLoss),
    },
    outcomes,
    ...classTables(scale, confusion),
  };
}
