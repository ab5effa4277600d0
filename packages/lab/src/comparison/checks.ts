import { tidy } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  initialShapes,
  key as keyOf,
  noDraws,
  requireTokens,
  type FittedTask,
  type Fusion,
  type Label,
  type Loss,
  type ParamShapes,
} from '@crossweave/core';
import { matchParams } from '@crossweave/checkpoints';
import { samplings, type Sampling } from '@crossweave/data';
import {
  anyOf,
  callback,
  checkOptions,
  count,
  fields,
  having,
  listOf,
  oneOf,
  paramTree,
  recordOf,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import { armName, requireDistinct, seeds } from '../ablation/plan-checks';
import { abortSignal, pairSplit, plainData, seed } from '../checks/checks';
import { chanceOf } from '../evaluate/plan';
import { textsOf } from '../features/texts';
import { floorNames } from '../floors/floors';
import { taskFloorNames } from '../tasks/task-floors';
import { requireUnreadLabels } from '../tasks/label-captions';
import { requireDrawnClasses, sampledPrior } from '../tasks/sampled-prior';
import { headOfLoss, labelledPairs, requireLabelledPairs } from '../tasks/task-loss';
import { requireNegatives, resolveNegatives } from './negatives';
import type { CompareFusionsOptions, FusionArm, FusionPhase, TowerOptions } from './options';
import { armRecipe, towerConfigs } from './recipe';

/** What the towers are called among the baselines. */
export const towersName = 'towers alone';
/** What towers that came trained are called as they were. */
export const beforeName = 'before training';

const encoder = having('an encoder (init, apply)', 'init', 'apply');
const fusion = having('a fusion (init, fuse, score)', 'init', 'fuse', 'score');
const phase: Checks<Pick<FusionPhase, 'steps' | 'loss' | 'optimizer'>> = {
  steps: count(),
  loss: having('a loss (compute)', 'compute'),
  optimizer: having('an optimizer (init, update)', 'init', 'update'),
};
const towerChecks: Checks<TowerOptions<unknown, unknown>> = {
  ...phase,
  steps: count(0),
  image: encoder,
  text: encoder,
  fusion: having('a separable fusion (with embed)', 'init', 'fuse', 'score', 'embed'),
  initial: paramTree(),
  ignoreMissing: listOf(text()),
  frozen: callback('that says which paths are not trained'),
  data: callback('that gives batches under a key'),
  sampling: oneOf(...samplings),
  seed: seed(),
};
const trainingChecks: Checks<FusionPhase> = {
  ...phase,
  batchSize: count(),
  negatives: anyOf(count(0), fields({ upTo: count() }, ['upTo'])),
  sampling: oneOf(...samplings),
};

/** An object whose entries are checked after it. */
const anObject: Check = {
  expected: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const checks: Checks<CompareFusionsOptions<unknown, unknown>> = {
  data: fields({ train: pairSplit(), test: pairSplit(), fingerprint: text() }, [
    ...['train', 'test', 'fingerprint'],
  ]),
  towers: anObject,
  task: having('a fitted task (init, apply, loss, measure)', 'init', 'apply', 'loss', 'measure'),
  arms: listOf(anObject),
  seeds: seeds(),
  out: text(),
  recipe: fields({ towers: plainData(), arms: recordOf(plainData()) }, ['towers', 'arms']),
  featureStore: text(),
  top: count(),
  signal: abortSignal(),
  onProgress: callback(),
};

/**
 * Checks what pre-training needs, before anything is computed.
 *
 * @throws ConfigError for an option out of range; what making the first batches throws.
 */
export function checkTowers<Image, Text>(
  where: string,
  options: CompareFusionsOptions<Image, Text>,
): void {
  const given = options as unknown as CompareFusionsOptions<unknown, unknown>;
  const required = ['data', 'towers', 'arms', 'seeds', 'out'] as const;
  checkOptions(where, given, checks, required);
  const { towers } = given;
  const at = `${where}, "towers"`;
  const names = ['image', 'text', 'fusion', 'loss', 'optimizer', 'data', 'steps', 'seed'] as const;
  checkOptions(at, towers, towerChecks, names);
  requireTokens(towers.fusion, towers.image.features, towers.text.features);
  towerConfigs(where, options);
  if (towers.steps === 0) {
    requireWeights(at, towers.initial);
    return;
  }
  const { batchSize, batchesPerEpoch } = towers.data(keyOf(towers.seed));
  if (!(batchesPerEpoch >= 1)) {
    throw new DataError('the batches of the towers are none', {
      where: `${at}, data`,
      expected: 'one batch an epoch or more',
      got: batchesPerEpoch,
    });
  }
  requireRivals(at, towers.loss, batchSize, 0);
}

/** @throws ConfigError for towers that are neither trained nor loaded: they would be noise. */
function requireWeights(where: string, initial: TowerOptions<unknown, unknown>['initial']): void {
  if (initial !== undefined) return;
  throw new ConfigError('towers that are not trained must come trained', {
    where,
    expected: '"initial" with the weights of a checkpoint, or 1 step or more',
    got: '0 steps and no weights',
  });
}

/**
 * Checks all that a comparison can fail by, before a picture is decoded or a tower trained: the
 * options, the arms over these towers, the batches over this split, the false captions. It reads
 * the records of the splits and the identities of their texts, never an image, so it can be called
 * with splits whose pictures are not there yet; {@link compareFusions} calls it first.
 *
 * @throws ConfigError or DataError that says which arm or split, and what it lacks.
 */
export function checkComparison<Image, Text>(options: CompareFusionsOptions<Image, Text>): void {
  const where = 'compareFusions';
  checkTowers(where, options);
  const { arms, data, recipe, task } = options;
  if (arms.length === 0) {
    throw new ConfigError('"arms" is empty', { where, expected: 'one fusion or more' });
  }
  textsOf(where, data.train);
  const labels = labelledPairs(data.train.records).map(({ label }) => label);
  const draws = (at: string, sampling: Sampling | undefined): void =>
    requireSampling(at, sampling, task, labels);
  draws(`${where}, "towers.sampling"`, options.towers.sampling);
  for (const { name, training } of arms) draws(`${where}, "${name}", sampling`, training.sampling);
  for (const arm of arms) checkArm(where, options, arm);
  const beside = task === undefined ? floorNames : taskFloorNames;
  requireDistinct(where, [...[...arms.map(({ name }) => name), towersName, beforeName], ...beside]);
  for (const arm of arms) {
    if (recipe !== undefined && !Object.hasOwn(recipe.arms, arm.name)) {
      throw new ConfigError(`the arm "${arm.name}" has no recipe`, {
        where,
        expected: 'an entry in recipe.arms',
        advice: 'Its trials could not be told from those of another configuration.',
      });
    }
    armRecipe(where, options, arm);
  }
  if (task !== undefined) {
    requireUnreadLabels(where, requireLabelledPairs(where, data.train));
    requireLabelledPairs(where, data.test);
    return;
  }
  const { records, name } = data.test;
  const { identityOf } = textsOf(where, data.test);
  if (Object.keys(chanceOf({ records, textIdentity: identityOf })).length === 0) {
    throw new DataError(`the split "${name}" has nothing to measure`, {
      where,
      expected: 'false captions, or texts that are not right for every image',
    });
  }
}

function checkArm<Image, Text>(
  where: string,
  { towers, data, task }: CompareFusionsOptions<Image, Text>,
  arm: FusionArm,
): void {
  const of = `${where}, "arms"`;
  checkOptions(of, arm, { name: armName(), fusion, training: anObject, towersAt: text() }, [
    ...(['name', 'fusion', 'training'] as const),
  ]);
  const at = `${of}, "${arm.name}"`;
  checkOptions(at, arm.training, trainingChecks, [
    ...(['steps', 'loss', 'optimizer', 'batchSize', 'negatives'] as const),
  ]);
  const { batchSize, loss, negatives } = arm.training;
  const { records, name } = data.train;
  if (batchSize > records.length) {
    throw new ConfigError('"batchSize" is larger than the split', {
      where: at,
      expected: `a whole number from 1 to ${records.length}, the pairs of "${name}"`,
      got: batchSize,
    });
  }
  const drawn = resolveNegatives(negatives, records).count;
  if (drawn > 0) requireNegatives(at, records);
  requireRivals(at, loss, batchSize, drawn);
  requireTokens(arm.fusion, towers.image.features, towers.text.features);
  const shapes = (fusion: Fusion): ParamShapes =>
    initialShapes({
      init: (key) => fusion.init(key, towers.image.features, towers.text.features),
    });
  const own = shapes(arm.fusion);
  if (arm.towersAt !== undefined) {
    requireTowersOf(`${at}, towersAt`, arm.towersAt, own, shapes(towers.fusion));
  }
  if (task !== undefined) requireHead(at, loss, task);
}

/** @throws ConfigError for classes that are drawn without a task that has some. */
function requireSampling(
  where: string,
  sampling: Sampling | undefined,
  task: FittedTask | undefined,
  labels: readonly Label[],
): void {
  if (sampling === undefined || sampling === 'none') return;
  if (task !== undefined) {
    sampledPrior(task, sampling);
    requireDrawnClasses(task, sampling, labels);
    return;
  }
  throw new ConfigError('there are no classes to be sampled without a task', {
    where,
    expected: '"none", or a task such as classification',
    got: sampling,
  });
}

/** @throws StateDictError unless what a fusion holds under the prefix fits the towers' fusion. */
function requireTowersOf(where: string, prefix: string, own: ParamShapes, of: ParamShapes): void {
  const held = Object.entries(own).filter(([path]) => path.startsWith(prefix));
  const given = Object.fromEntries(held.map(([path, shape]) => [path.slice(prefix.length), shape]));
  matchParams(given, of, { where });
}

/** @throws ConfigError for a loss whose parameters hold no head of the task. */
function requireHead(where: string, loss: Loss, task: FittedTask): void {
  let found = 0;
  tidy(() => {
    found = Object.keys(headOfLoss(loss.init?.(noDraws) ?? {}, task)).length;
  });
  if (found > 0) return;
  throw new ConfigError(`the loss "${loss.name}" does not train the task "${task.name}"`, {
    where,
    expected: 'taskLoss(task, { dim: jointWidth(fusion, …) }), alone or in a weightedSum',
  });
}

/** A loss whose chance is 0 has no text to weigh against the true one: it teaches nothing. */
function requireRivals(
  where: string,
  loss: Pick<Loss, 'name' | 'chance'>,
  batchSize: number,
  negatives: number,
): void {
  if (loss.chance?.(batchSize, negatives) !== 0) return;
  throw new ConfigError(`the loss "${loss.name}" has nothing to weigh against the true caption`, {
    where,
    expected: 'a batch of two or more, false captions, or negatives drawn from the batch',
    got: `batches of ${batchSize} with ${negatives} false captions a pair`,
    advice: 'Let the loss draw negatives from the batch, or enlarge the batch.',
  });
}
