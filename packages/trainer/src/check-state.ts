import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  StateDictError,
  noDraws,
  shapesOf,
  showShape,
  type Optimizer,
  type ParamShapes,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { matchParams, requireFloating, requireSoundNumbers } from '@crossweave/checkpoints';
import { requireNumber } from '@crossweave/core/authoring';
import { initialParams, type Objective } from './gradients';
import { partitionTrainable } from './partition';
import type { TrainState } from './state';
import type { TeacherOptions, TeacherState } from './teacher/options';

/** What a state must fit: all of it goes on training, `model` and `loss` alone are evaluated. */
export interface StateOwner<Image, Text, F extends PooledFeatures> extends Objective<
  Image,
  Text,
  F
> {
  /** Absent: the states of optimizer and teacher are not compared. */
  readonly optimizer?: Optimizer;
  readonly frozen?: (path: string) => boolean;
  readonly teacher?: TeacherOptions<Image, Text, F>;
}

/**
 * Compares a state with the model, loss and optimizer that are to go on with it, strictly: every
 * parameter has its place and every place its parameter, in the shape of both; moments and the
 * averages of a momentum twin belong to what is trained; all values are numbers that training can
 * leave.
 *
 * @param where names the state in errors.
 * @throws StateDictError that lists what is missing, unexpected and of another shape;
 * FileFormatError for NaN, an infinity or a negative variance, which it names; ShapeError for a queue
 * whose sides differ; ConfigError for a step that is no whole number.
 */
export async function checkState<Image, Text, F extends PooledFeatures>(
  owner: StateOwner<Image, Text, F>,
  state: TrainState,
  where = 'checkState',
): Promise<void> {
  requireNumber(where, 'step', state.step, { integer: true, min: 0 });
  const expected = expectedShapes(owner);
  matchParams(expected.params, shapesOf(state.params), { where: `${where}, params` });
  await requireSoundValues(`${where}, params`, state.params);
  if (expected.optimizer === undefined) return;
  const { trained } = expected;
  const moments = withoutFrozen(state.optimizer, expected.params, trained, '.');
  matchParams(expected.optimizer, moments, { where: `${where}, optimizer` });
  await requireSoundValues(`${where}, optimizer`, state.optimizer);
  const followed = ofModel(trained);
  checkTwin(owner, state, followed, `${where}, teacher`);
  if (state.teacher === undefined) return;
  const averages = withoutFrozen(state.teacher.params, expected.params, trained);
  matchParams(followed, averages, { where: `${where}, teacher` });
  const { queue } = state.teacher;
  if (queue !== undefined) checkQueue(`${where}, teacher`, queue);
  await requireSoundValues(`${where}, teacher`, {
    ...state.teacher.params,
    ...(queue && { 'queue.image': queue.image, 'queue.text': queue.text }),
  });
}

/**
 * @throws FileFormatError that names the first tensor of integers that is no buffer, or with a value
 *   that no training leaves.
 */
export async function requireSoundValues(where: string, tree: Params): Promise<void> {
  requireFloating(
    where,
    Object.entries(tree).map(([path, { dtype }]) => [path, dtype] as const),
  );
  for (const [path, tensor] of Object.entries(tree)) {
    requireSoundNumbers(where, path, await tensor.data());
  }
}

/** Shapes by path, of what a fresh run would start with. */
function expectedShapes<Image, Text, F extends PooledFeatures>(
  owner: StateOwner<Image, Text, F>,
): { params: ParamShapes; trained: ParamShapes; optimizer: ParamShapes | undefined } {
  const found: { params: ParamShapes; trained: ParamShapes; optimizer: ParamShapes | undefined } = {
    ...{ params: {}, trained: {}, optimizer: undefined },
  };
  tidy(() => {
    const params = initialParams(owner, noDraws);
    const [trainable] = partitionTrainable(owner, params);
    found.params = shapesOf(params);
    found.trained = shapesOf(trainable);
    found.optimizer = owner.optimizer && shapesOf(owner.optimizer.init(trainable));
  });
  return found;
}

/**
 * The shapes of a tree kept beside the parameters, without the entries of parameters that are not
 * trained now: they were trained before, and wait unchanged. `before` stands between an entry's
 * own words and the parameter's path.
 */
function withoutFrozen(
  tree: Params,
  all: ParamShapes,
  trained: ParamShapes,
  before?: string,
): ParamShapes {
  const frozen = Object.entries(all).filter(([path]) => !Object.hasOwn(trained, path));
  const waits = ([entry, { shape }]: [string, Tensor]): boolean =>
    frozen.some(([path, own]) => {
      const fits = before === undefined ? entry === path : entry.endsWith(before + path);
      return fits && showShape(own) === showShape(shape);
    });
  return shapesOf(Object.fromEntries(Object.entries(tree).filter((entry) => !waits(entry))));
}

function ofModel(shapes: ParamShapes): ParamShapes {
  return Object.fromEntries(Object.entries(shapes).filter(([path]) => !path.startsWith('loss.')));
}

/** A twin is there if and only if one is asked for; a new run has none yet. */
function checkTwin<Image, Text, F extends PooledFeatures>(
  { teacher }: StateOwner<Image, Text, F>,
  state: TrainState,
  followed: ParamShapes,
  where: string,
): void {
  const asked = teacher !== undefined && !('model' in teacher);
  const there = state.teacher !== undefined;
  if (asked === there || (asked && state.step === 0)) return;
  throw new StateDictError(
    there ? 'the state has a momentum twin' : 'the state has no momentum twin',
    {
      where,
      expected: asked ? `averages of ${Object.keys(followed).slice(0, 3).join(', ')} …` : 'none',
      advice: asked
        ? 'Load the whole checkpoint, or begin a new run with its parameters as `initial`.'
        : 'Pass teacher as the run had it, or leave `teacher` out of the state.',
    },
  );
}

function checkQueue(where: string, queue: NonNullable<TeacherState['queue']>): void {
  const { image, text, groups, captions = groups } = queue;
  const expected = [groups.length, image.shape[1]];
  const fits = [image, text].every(({ shape }) => showShape(shape) === showShape(expected));
  if (fits && captions.length === groups.length) return;
  throw new ShapeError('the queue does not fit its images and texts', {
    where,
    expected: `${groups.length} rows of both sides, of one width`,
    got: `${showShape(image.shape)}, ${showShape(text.shape)}, ${captions.length} texts`,
  });
}
