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
import { partitionTrainable, type TrainState } from './step';
import type { TrainOptions } from './train';

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
    const { step, params, optimizer } = options.start;
    const copy = (tree: TrainState['params']) => mapParams(tree, (value) => value.clone());
    return { step, params: copy(params), optimizer: copy(optimizer) };
  }
  const drawn = initialParams(options, foldIn(options.key, 'init'));
  const params = options.initial === undefined ? drawn : replaced(drawn, options.initial);
  const [trainable] = partitionTrainable(options, params);
  return { step: 0, params, optimizer: options.optimizer.init(trainable) };
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
