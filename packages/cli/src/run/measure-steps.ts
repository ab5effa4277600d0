import type { Tensor4D } from '@tensorflow/tfjs-core';
import { key as keyOf, type TextInput } from '@crossweave/core';
import type { TokenisedPairs } from '@crossweave/data';
import { disposeState, train, type StepOptions } from '@crossweave/trainer';
import type { TrainConfig } from '../config/schema';
import { withBlankPictures } from './blank-pictures';
import { batchesOf } from './training';

/** What a few steps took. */
export interface MeasuredSteps {
  /** The shortest measured step, without the time of loading its batch. */
  readonly secondsPerStep: number;
  /** The most memory that the process held until then. */
  readonly peakBytes: number;
}

/** An engine that compiles traces the first two steps. */
const warmUp = 2;
const measured = 2;

/**
 * Takes a few steps of a config from drawn parameters on black pictures, so that no picture is
 * decoded and nothing is written.
 */
export async function measureSteps(
  config: TrainConfig,
  pairs: TokenisedPairs,
  step: StepOptions<Tensor4D, TextInput>,
  signal: AbortSignal,
): Promise<MeasuredSteps> {
  const { accumulate, chunk, steps } = config.training;
  const split = withBlankPictures(pairs.split(config.data.train), config.data.imageSize);
  const seconds: number[] = [];
  const state = await train({
    ...step,
    data: batchesOf(config, split),
    steps: Math.min(steps, warmUp + measured),
    key: keyOf(config.seed),
    signal,
    ...(accumulate !== undefined && { accumulate }),
    ...(chunk !== undefined && { chunk }),
    log: (record) => {
      if (record.kind === 'step') seconds.push(record.seconds - record.dataSeconds);
    },
  });
  disposeState(state);
  signal.throwIfAborted();
  const later = seconds.slice(warmUp);
  return {
    secondsPerStep: Math.min(...(later.length > 0 ? later : seconds)),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}
