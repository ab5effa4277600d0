import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { isBuffer, noDraws, type BatchSource, type Params, type TextInput } from '@crossweave/core';
import { initialParams, type StepOptions } from '@crossweave/trainer';
import type { TrainConfig } from '../config/schema';
import type { MeasuredSteps } from './measure-steps';

/** What a run would be, without making it. */
export interface TrainingPlan {
  readonly steps: number;
  readonly batchSize: number;
  /** Pairs a step, accumulated batches together. */
  readonly pairsPerStep: number;
  /** Of a stream nobody knows it. */
  readonly batchesPerEpoch?: number;
  readonly epochs?: number;
  readonly optimizer: string;
  /** By the first word of the paths. */
  readonly parts: Readonly<Record<string, PartPlan>>;
  /** Learning rate at a few steps, by group. */
  readonly rates: Readonly<Record<string, readonly number[]>>;
  /** The steps of `rates`, counted from 1. */
  readonly at: readonly number[];
  /** Of parameters, gradients and the optimizer's state; activations come on top. */
  readonly bytes: {
    readonly parameters: number;
    readonly gradients: number;
    readonly optimizer: number;
  };
  /** What a few steps took; undefined where none were taken. */
  readonly measured?: MeasuredSteps;
}

interface PartPlan {
  readonly parameters: number;
  /** Of those, the ones that are trained at some step. */
  readonly trained: number;
  /** The first step at which some of them are. */
  readonly from?: number;
}

/** The plan of a config, by its parts alone. @param batches those of the training split; none of a stream */
export function trainingPlan(
  { training }: TrainConfig,
  options: StepOptions<Tensor4D, TextInput>,
  batches?: Pick<BatchSource, 'batchesPerEpoch'>,
): TrainingPlan {
  const { steps, batchSize, accumulate = 1 } = training;
  const { optimizer, frozen = () => false, frozenUntil = () => 0 } = options;
  const parts: Record<string, { parameters: number; trained: number; from?: number }> = {};
  const bytes = { parameters: 0, gradients: 0, optimizer: 0 };
  tidy(() => {
    const params = initialParams(options, noDraws);
    const trained: Record<string, Params[string]> = {};
    for (const [path, value] of Object.entries(params)) {
      bytes.parameters += 4 * value.size;
      if (isBuffer(path)) continue;
      const part = (parts[path.split('.', 1)[0]!] ??= { parameters: 0, trained: 0 });
      part.parameters += value.size;
      if (frozen(path)) continue;
      trained[path] = value;
      part.trained += value.size;
      part.from = Math.min(part.from ?? Infinity, frozenUntil(path) + 1);
      bytes.gradients += 4 * value.size;
    }
    for (const value of Object.values(optimizer.init(trained))) bytes.optimizer += 4 * value.size;
  });
  const at = [...new Set([1, ...[0.1, 0.25, 0.5, 0.75, 0.9, 1].map((x) => Math.ceil(x * steps))])];
  const all = at.map((step) => optimizer.learningRates(step - 1));
  const rates = Object.fromEntries(
    Object.keys(all[0]!).map((group) => [group, all.map((each) => each[group]!)]),
  );
  const ofEpochs = batches && {
    batchesPerEpoch: batches.batchesPerEpoch,
    epochs: (steps * accumulate) / batches.batchesPerEpoch,
  };
  const pairsPerStep = batchSize * accumulate;
  const { name } = optimizer;
  return {
    steps,
    batchSize,
    pairsPerStep,
    ...ofEpochs,
    optimizer: name,
    parts,
    rates,
    at,
    bytes,
  };
}

/** The plan as lines, the schedule drawn. */
export function planLines(plan: TrainingPlan, curve: readonly number[]): string {
  const { parts, rates, at, bytes } = plan;
  const ofParts = Object.entries(parts).map(([part, { parameters, trained, from }]) => [
    part,
    parameters.toLocaleString('en'),
    trained.toLocaleString('en'),
    from === undefined ? 'never' : String(from),
  ]);
  const ofRates = Object.entries(rates).map(([group, each]) => [
    group === '' ? 'all' : group,
    ...each.map((rate) => rate.toExponential(1)),
  ]);
  const mebibytes = (size: number): string => `${(size / 2 ** 20).toFixed(1)} MiB`;
  return [
    `${plan.steps} steps of ${plan.pairsPerStep} pairs by ${plan.optimizer}: ${lengthOf(plan)}`,
    '',
    ...table([['part', 'parameters', 'trained', 'from step'], ...ofParts]),
    '',
    ...table([['rate at step', ...at.map(String)], ...ofRates]),
    '',
    `schedule ${sparkline(curve)}`,
    `memory   ${mebibytes(bytes.parameters)} of parameters, ${mebibytes(bytes.gradients)} of gradients, ${mebibytes(bytes.optimizer)} of the optimizer; activations come on top`,
    ...measuredLines(plan, mebibytes),
  ].join('\n');
}

function lengthOf({ epochs, batchesPerEpoch, steps, pairsPerStep }: TrainingPlan): string {
  return epochs === undefined
    ? `${(steps * pairsPerStep).toLocaleString('en')} pairs of a stream, pass after pass`
    : `${epochs.toFixed(2)} epochs of ${batchesPerEpoch!} batches`;
}

function measuredLines(
  { measured, steps, parts }: TrainingPlan,
  mebibytes: (size: number) => string,
): string[] {
  if (measured === undefined) return ['time     not measured; --measure takes a few steps'];
  const { secondsPerStep, peakBytes } = measured;
  const isUnfrozenLater = Object.values(parts).some(({ from = 1 }) => from > 1);
  return [
    `time     ${secondsPerStep.toPrecision(2)} s a step, ${duration(secondsPerStep * steps)} for ${steps}: measured on black pictures${isUnfrozenLater ? ', before anything is unfrozen' : ''}; decoding, evaluating and saving come on top`,
    `peak     ${mebibytes(peakBytes)}, the most that this process held while it took those steps`,
  ];
}

/** Seconds in words, in two units. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toPrecision(2)} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
}

/** Numbers as bars of eight heights; the largest is full. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values, 0);
  const bars = '▁▂▃▄▅▆▇█';
  return values
    .map((value) => (largest === 0 ? bars[0] : bars[Math.round((value / largest) * 7)]))
    .join('');
}
