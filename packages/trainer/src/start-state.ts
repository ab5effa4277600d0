import {
  ConfigError,
  anyPattern,
  disposeParams,
  foldIn,
  mapParams,
  partition,
  pathPattern,
  shapesOf,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { matchParams } from '@crossweave/checkpoints';
import { initialParams } from './gradients';
import { isAdapter } from './lora/adapters';
import type { TrainOptions } from './options';
import { partitionTrainable } from './partition';
import { copyOfState, disposeState, type TrainState } from './state';

/**
 * The state training begins with, in tensors of its own: the given one, or fresh parameters of
 * which some may be given.
 *
 * @throws StateDictError for given parameters that do not fit the model, ConfigError where nothing
 * is left to train.
 */
export function startState<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): TrainState {
  const state = options.start === undefined ? freshState(options) : copyOfState(options.start);
  const [trainable] = partitionTrainable(options, state.params);
  if (Object.keys(trainable).length > 0) return state;
  disposeState(state);
  throw new ConfigError('nothing is left to train', {
    where: 'train',
    expected: 'a parameter of the model or the loss that is not frozen',
    advice: 'Freeze less, or use a model with parameters.',
  });
}

function freshState<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): TrainState {
  const params = startingParams(options);
  try {
    const [trainable] = partitionTrainable(options, params);
    return { step: 0, params, optimizer: options.optimizer.init(trainable) };
  } catch (error) {
    disposeParams(params);
    throw error;
  }
}

/**
 * The parameters that training begins with, in tensors of their own: those of `initial`, and the others
 * drawn.
 *
 * @throws StateDictError for given parameters that do not fit the model or lack some of a part.
 */
export function startingParams<Image, Text, F extends PooledFeatures>(
  options: Pick<
    TrainOptions<Image, Text, F>,
    'model' | 'loss' | 'key' | 'initial' | 'ignoreMissing'
  >,
): Params {
  const drawn = initialParams(options, foldIn(options.key, 'init'));
  requireCovering(drawn, options.ignoreMissing ?? []);
  return options.initial === undefined ? drawn : replaced(drawn, options.initial, options);
}

/** A pattern that covers nothing is a slip. */
function requireCovering(drawn: Params, ignoreMissing: readonly string[]): void {
  const paths = Object.keys(drawn);
  const idle = ignoreMissing.find((pattern) => !paths.some(pathPattern(pattern)));
  if (idle === undefined) return;
  disposeParams(drawn);
  throw new ConfigError(`"ignoreMissing" names no parameter by "${idle}"`, {
    where: 'train',
    expected: `patterns of ${paths.slice(0, 3).join(', ')} …`,
    got: idle,
  });
}

/** `drawn` with the parameters of `given` in the places of its own, which are disposed. */
function replaced(
  drawn: Params,
  given: Params,
  { ignoreMissing = [] }: { readonly ignoreMissing?: readonly string[] },
): Params {
  try {
    const parts = new Set(Object.keys(given).map(partOf));
    const mayLack = anyPattern(ignoreMissing);
    const [asked] = partition(
      drawn,
      (path) =>
        Object.hasOwn(given, path) ||
        (parts.has(partOf(path)) && !isAdapter(path) && !mayLack(path)),
    );
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

/** `image` of `image.conv1.weight`. */
function partOf(path: string): string {
  return path.split('.', 1)[0]!;
}
