import {
  disposeParams,
  foldIn,
  mapParams,
  matchParams,
  partition,
  shapesOf,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { initialParams } from './gradients';
import { partitionTrainable } from './partition';
import type { TrainOptions } from './options';
import type { TrainState } from './state';
import type { TeacherState } from './teacher/options';

/**
 * The state training begins with, in tensors of its own: the given one, or fresh parameters of
 * which some may be given.
 *
 * @throws StateDictError for given parameters that the model has no place for.
 */
export function startState<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): TrainState {
  if (options.start !== undefined) {
    const { step, params, optimizer, teacher } = options.start;
    return {
      step,
      params: copyOf(params),
      optimizer: copyOf(optimizer),
      ...(teacher && { teacher: copyOfTeacher(teacher) }),
    };
  }
  const drawn = initialParams(options, foldIn(options.key, 'init'));
  const params = options.initial === undefined ? drawn : replaced(drawn, options.initial);
  const [trainable] = partitionTrainable(options, params);
  return { step: 0, params, optimizer: options.optimizer.init(trainable) };
}

function copyOf(tree: Params): Params {
  return mapParams(tree, (value) => value.clone());
}

function copyOfTeacher({ params, queue }: TeacherState): TeacherState {
  return {
    params: copyOf(params),
    ...(queue && { queue: { ...queue, image: queue.image.clone(), text: queue.text.clone() } }),
  };
}

/** `drawn` with the parameters of `given` in the places of its own, which are disposed. */
function replaced(drawn: Params, given: Params): Params {
  try {
    const asked = partition(drawn, (path) => Object.hasOwn(given, path))[0];
    matchParams(shapesOf(asked), shapesOf(given), { where: 'train, initial' });
  } catch (error) {
    disposeParams(drawn);
    throw error;
  }
  return mapParams(drawn, (value, path) => {
    const found = given[path];
    if (found === undefined) return value;
    value.dispose();
    return found.clone();
  });
}
