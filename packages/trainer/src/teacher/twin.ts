import { add, mul, scalar, sub, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { mapParams, parameter, partition, type Params } from '@crossweave/core';
import type { FrozenOptions } from '../frozen-at';
import { partitionTrainable } from '../partition';
import type { TeacherState } from './options';

interface Followed {
  readonly params: Params;
  readonly teacher?: TeacherState;
}

/**
 * The parameters that the twin does not share with the model: an average for each trained one, which
 * begins with the parameter's present value. The twin shares frozen parameters, those of the loss and
 * running statistics, as in `torch.optim.swa_utils.AveragedModel`.
 */
export function averages(options: FrozenOptions, { params, teacher }: Followed): Params {
  const [trainable] = partitionTrainable(options, params);
  const [, ofModel] = partition(trainable, (path) => path.startsWith('loss.'));
  const own = teacher?.params ?? {};
  // Another tensor than the model's, so that the twin is no part of what is differentiated.
  return { ...mapParams(ofModel, (value, path): Tensor => own[path] ?? value.clone()), ...own };
}

/** The averages after a step that made `params`: t + (1 − m)·(p − t), so equal ones stay equal. */
export function follow(averaged: Params, params: Params, momentum: number): Params {
  return followAt(averaged, params, scalar(1 - momentum));
}

/** Each average moved by `rate` of its way to the parameter. */
export function followAt(averaged: Params, params: Params, rate: Scalar): Params {
  return mapParams(averaged, (value, path) =>
    add(value, mul(rate, sub(parameter(params, path), value))),
  );
}
