import {
  evaluateTask,
  type EvaluateTaskOptions,
  type FeatureCache,
  type FittedFusion,
  type TrainedTask,
} from '@crossweave/lab';
import type { Calibration } from './calibrate';
import type { Measurable, Measurement } from './measure';

/**
 * A task on the features of a split: with both sides, with one alone if the fusion accepts that, as
 * sampled, and at fitted thresholds, where there are such.
 */
export async function measureTask(
  fitted: FittedFusion,
  { task, head, shift, calibration }: NonNullable<Measurable['task']>,
  cache: FeatureCache,
  signal: AbortSignal,
): Promise<Omit<Measurement, 'floors'>> {
  const trained: TrainedTask = { ...fitted, task, head };
  const options = { signal, ...(shift && { shift }) };
  const evaluation = await evaluateTask(trained, cache, options);
  const asSampled = shift && (await evaluateTask(trained, cache, { signal }));
  const alone =
    trained.fusion.takesMissing === true
      ? {
          image: await evaluateTask(trained, cache, { ...options, only: 'image' }),
          text: await evaluateTask(trained, cache, { ...options, only: 'text' }),
        }
      : undefined;
  const atThresholds = await figuresAtThresholds(trained, cache, options, calibration);
  return {
    evaluation,
    ...(alone && { alone }),
    ...(asSampled && { asSampled }),
    ...(atThresholds && { atThresholds }),
  };
}

/** None without fitted thresholds, and on the split that they were fitted on. */
async function figuresAtThresholds(
  trained: TrainedTask,
  cache: FeatureCache,
  options: EvaluateTaskOptions,
  calibration: Calibration | undefined,
): Promise<Measurement['atThresholds']> {
  const { thresholds } = trained.task;
  if (thresholds === undefined || calibration?.thresholds === undefined) return undefined;
  if (cache.name === calibration.split) return undefined;
  const decided = { ...trained, task: thresholds.at(calibration.thresholds.both) };
  const { temperature } = calibration;
  const { metrics } = await evaluateTask(decided, cache, { ...options, temperature });
  const changed = Object.entries(metrics).filter(([name]) => thresholds.metrics.includes(name));
  return { metrics: Object.fromEntries(changed) };
}
