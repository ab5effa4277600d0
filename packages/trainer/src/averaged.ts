import type { Tensor } from '@tensorflow/tfjs-core';
import {
  hostValue,
  mapParams,
  type Optimizer,
  type Params,
  type StepClock,
} from '@crossweave/core';
import type { FrozenOptions } from './frozen-at';
import { partitionTrainable } from './partition';
import type { TrainState } from './state';
import { followAt } from './teacher/twin';

/** An exponential moving average of the trained parameters, to evaluate and to use in their place. */
export interface AverageOptions {
  /**
   * d in average ← d·average + (1 − d)·parameter after each step, in [0, 1). Usual: 0.999 to 0.9999. Step t
   * (from 1) takes min(d, t / (t + 9)), so that the first parameters are soon forgotten.
   */
  readonly decay: number;
}

/** The averages after a step that made `params`; they begin as the parameters are. */
export function averageAfter(
  options: FrozenOptions & { readonly average?: AverageOptions },
  state: Pick<TrainState, 'params' | 'average'>,
  params: Params,
  clock: StepClock,
): Params | undefined {
  const { average } = options;
  if (average === undefined) return undefined;
  const [trainable] = partitionTrainable(options, state.params);
  const own = state.average ?? {};
  const averages = mapParams(trainable, (value, path): Tensor => own[path] ?? value);
  const share = hostValue(clock).scalar(
    ({ step }) => 1 - Math.min(average.decay, (step + 1) / (step + 10)),
  );
  return followAt(averages, params, share);
}

/**
 * The parameters to evaluate and to use: the averages of a run that keeps some, those of an optimizer
 * whose parameters are not meant for use ({@link scheduleFreeAdamW}), else the trained ones. All are
 * new tensors, the caller's to dispose.
 */
export function usableParams(
  { params, optimizer: state, average }: TrainState,
  optimizer?: Pick<Optimizer, 'evaluated'>,
): Params {
  if (average === undefined && optimizer?.evaluated !== undefined) {
    return optimizer.evaluated(params, state);
  }
  return mapParams(params, (value, path): Tensor => (average?.[path] ?? value).clone());
}
