import { join } from 'node:path';
import {
  disposeParams,
  foldIn,
  initialShapes,
  key as keyOf,
  subtree,
  type Params,
} from '@crossweave/core';
import {
  disposeState,
  initialParams,
  isAdapter,
  jointModel,
  startingParams,
  train,
} from '@crossweave/trainer';
import { configHash } from '../ablation/trial-file';
import { checkTowers } from './checks';
import { openFolder } from './open-folder';
import type { CompareFusionsOptions, TowerOptions } from './options';
import { towersRecipe } from './recipe';

/** What pre-training leaves: the parameters of towers and contrastive head, the caller's to dispose. */
export interface PretrainedTowers {
  readonly image: Params;
  readonly text: Params;
  readonly fusion: Params;
  /** Of the loss: a temperature, the head of a task. */
  readonly loss: Params;
  /** Not all steps were done: the signal came. */
  readonly interrupted: boolean;
}

const checkpointEvery = 50;

/**
 * Trains both towers contrastively (with 0 steps, gives them as they come), in `out/towers-<hash of their recipe>`: what is there
 * already is not repeated, and an interrupted pre-training goes on from its last checkpoint. A
 * damaged one is set aside with a note, and the towers are trained again. Arms are not looked at.
 *
 * @throws ConfigError for an option out of range, LockError when another process uses the folder,
 * DivergenceError and other errors of the parts.
 */
export async function pretrainTowers<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<PretrainedTowers> {
  checkTowers('pretrainTowers', options);
  const { towers, data, signal, onProgress } = options;
  const { steps, seed, loss, initial, ignoreMissing, frozen } = towers;
  if (steps === 0) return untrainedTowers(towers);
  const recipe = await towersRecipe('pretrainTowers', options);
  const identity = { towers: recipe, data: data.fingerprint };
  const folder = join(options.out, `towers-${configHash(identity).slice(0, 12)}`);
  const model = modelOf(towers);
  const shapes = initialShapes({ init: (key) => initialParams({ model, loss }, key) });
  const opened = await openFolder(folder, { identity, keep: 1 }, shapes, (reason) =>
    onProgress?.({ stage: 'note', message: `The towers are trained again: ${reason}` }),
  );
  await using run = opened.run;
  const { start } = opened;
  if (start?.step === steps) onProgress?.({ stage: 'towers-reused' });

  const key = foldIn(keyOf(seed), 'towers');
  const state = await train({
    model,
    loss,
    optimizer: towers.optimizer,
    data: towers.data(foldIn(key, 'batches')),
    steps,
    key,
    ...(initial && { initial }),
    ...(ignoreMissing && { ignoreMissing }),
    ...(frozen && { frozen }),
    ...(start && { start }),
    ...(signal && { signal }),
    log: (record) => {
      run.log(record);
      onProgress?.({ stage: 'towers', record, steps });
    },
    checkpoint: run.checkpoint,
    checkpointEvery,
  }).finally(() => {
    if (start !== undefined) disposeState(start);
  });

  disposeState({ step: state.step, params: {}, optimizer: state.optimizer });
  return { ...partsOf(state.params), interrupted: state.interrupted };
}

/**
 * The towers before their first step: `initial`, and what it lacks drawn. Without the loss's parameters,
 * which nothing has trained.
 *
 * @throws StateDictError for an `initial` that does not fit.
 */
export function untrainedTowers<Image, Text>(towers: TowerOptions<Image, Text>): PretrainedTowers {
  const { seed, loss, initial, ignoreMissing } = towers;
  const params = startingParams({
    ...{ model: modelOf(towers), loss, key: foldIn(keyOf(seed), 'towers') },
    ...(initial && { initial }),
    ...(ignoreMissing && { ignoreMissing }),
  });
  const { loss: drawn, ...parts } = partsOf(params);
  disposeParams(drawn);
  return { ...parts, loss: {}, interrupted: false };
}

/** Whether `initial` has all that towers compute with, so that they can be measured as they came. */
export function comeTrained<Image, Text>(towers: TowerOptions<Image, Text>): boolean {
  const { initial } = towers;
  if (initial === undefined) return false;
  const paths = Object.keys(initialShapes(modelOf(towers)));
  return paths.every((path) => Object.hasOwn(initial, path) || isAdapter(path));
}

function modelOf<Image, Text>({ image, text, fusion }: TowerOptions<Image, Text>) {
  return jointModel({ image, text, fusion });
}

function partsOf(params: Params): Omit<PretrainedTowers, 'interrupted'> {
  const of = (part: string): Params => subtree(params, `${part}.`);
  return { loss: of('loss'), image: of('image'), text: of('text'), fusion: of('fusion') };
}
