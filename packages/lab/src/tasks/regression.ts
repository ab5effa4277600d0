import {
  abs,
  mul,
  square,
  sub,
  sum,
  tidy,
  minimum,
  type Rank,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { DataError, type FittedTask, type Label, type Task } from '@crossweave/core';
import { checkOptions, number, oneOf, withConfig, type Checks } from '@crossweave/core/authoring';
import { regressionFigures } from '../metrics/regression';
import { mean, standardDeviation } from '../statistics/moments';
import { checkedTask } from './checked-task';
import { readFacts } from './facts';
import { headChecks, headOptions, taskHead, type HeadOptions } from './head';
import { requireLabels, wrongLabel } from './labels';
import { losses, named, namedFigures, rowsOf } from './softmax';

export interface RegressionOptions extends HeadOptions {
  /** On the standardised scale: squared errors, absolute ones, or Huber's between both. Default mse. */
  readonly loss?: 'mse' | 'mae' | 'huber';
  /** Where Huber's loss goes from squared to linear, in standard deviations. Default 1. */
  readonly delta?: number;
}

interface NumberFacts {
  /** Mean of the training labels. */
  readonly mean: number;
  /** Their standard deviation. */
  readonly spread: number;
}

const checks: Checks<RegressionOptions> = {
  ...headChecks,
  loss: oneOf('mse', 'mae', 'huber'),
  delta: number({ above: 0 }),
};

/**
 * A number a pair. Labels are numbers, or texts that are one. The head's output is in standard
 * deviations from the mean of the training labels.
 */
export function regression(options: RegressionOptions = {}): Task {
  const name = 'regression';
  checkOptions(name, options, checks);
  const valueOf = (label: Label): number => {
    const value = typeof label === 'string' && label.trim() !== '' ? Number(label) : label;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw wrongLabel(name, label, 'a finite number', 'Classes: the task classification.');
  };
  return {
    name,
    fit(labels) {
      requireLabels(name, labels);
      const values = labels.map(valueOf);
      const spread = values.length > 1 ? standardDeviation(values) : 0;
      if (spread > 0) return fitted({ mean: mean(values), spread });
      throw new DataError('all labels are the same number: there is nothing to learn', {
        where: name,
        expected: 'two numbers or more that differ',
        got: values[0],
      });
    },
    restore: (facts) =>
      fitted(readFacts<NumberFacts>(name, facts, { mean: number(), spread: number({ above: 0 }) })),
  };

  function fitted(facts: NumberFacts): FittedTask {
    const { loss = 'mse', delta = 1 } = options;
    return withConfig(
      name,
      { ...options, facts },
      checkedTask({
        name,
        facts,
        ...taskHead(1, headOptions(options)),
        prior: [0],
        logits: false,
        best: namedFigures(name, { mae: 0, rmse: 0, rSquared: 1, spearman: 1 }),
        ...losses((outputs, labels) =>
          tidy(() => {
            const labelled = labels.map((all) => all.map((label) => Number(label !== undefined)));
            if (labelled.choose((all) => !all.includes(1))) return mul<Scalar>(sum(outputs), 0);
            const shape: [number, number] = [outputs.shape[0], 1];
            const wanted = labels.tensor<Rank.R2>(
              (all) =>
                all.map((label) =>
                  label === undefined ? 0 : (valueOf(label) - facts.mean) / facts.spread,
                ),
              shape,
            );
            const weights = labelled.tensor<Rank.R2>((all) => {
              const count = all.reduce((sum, one) => sum + one, 0);
              return all.map((one) => one / count);
            }, shape);
            return sum<Scalar>(mul(penalty(sub(outputs, wanted), loss, delta), weights));
          }),
        ),
        measure(outputs, labels) {
          requireLabels(name, labels);
          const rows = rowsOf(name, outputs, labels.length, 1);
          const predicted = rows.map(([value]) => facts.mean + facts.spread * value!);
          const truth = labels.map(valueOf);
          return named(name, {
            metrics: { ...regressionFigures(truth, predicted) },
            outcomes: { mae: truth.map((value, i) => Math.abs(value - predicted[i]!)) },
          });
        },
        chance(labels) {
          const truth = labels.map(valueOf);
          const { mae, rmse, rSquared } = regressionFigures(
            truth,
            truth.map(() => facts.mean),
          );
          return namedFigures(name, {
            mae,
            rmse,
            ...(rSquared !== undefined && { rSquared }),
            spearman: 0,
          });
        },
        predict: (outputs) => ({ label: facts.mean + facts.spread * outputs[0]! }),
      }),
    );
  }
}

/** Huber's loss is PyTorch's `huber_loss`: e²/2 up to δ, δ·(|e| − δ/2) beyond. */
function penalty(errors: Tensor, loss: 'mse' | 'mae' | 'huber', delta: number): Tensor {
  if (loss === 'mse') return square(errors);
  const size = abs(errors);
  if (loss === 'mae') return size;
  const within = minimum(size, delta);
  return mul(within, sub(size, mul(within, 0.5)));
}
