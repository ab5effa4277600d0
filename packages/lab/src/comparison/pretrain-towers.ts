import { join } from 'node:path';
import {
  foldIn,
  initialShapes,
  key as keyOf,
  mergeParams,
  partition,
  subtree,
  withPrefix,
  type Params,
} from '@crossweave/core';
import { disposeState, jointModel, train } from '@crossweave/trainer';
import { configHash } from '../ablation/trial-file';
import { checkTowers } from './checks';
import { openFolder } from './open-folder';
import type { CompareFusionsOptions } from './options';
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
 * Trains both towers contrastively, in `out/towers-<hash of their recipe>`: what is there
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
  const recipe = await towersRecipe('pretrainTowers', options);
  const identity = { towers: recipe, data: data.fingerprint };
  const folder = join(options.out, `towers-${configHash(identity).slice(0, 12)}`);
  const model = jointModel({ image: towers.image, text: towers.text, fusion: towers.fusion });
  const shapes = initialShapes({
    init: (key) => mergeParams(model.init(key), withPrefix('loss.', loss.init?.(key) ?? {})),
  });
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

  const [ofLoss, ofModel] = partition(state.params, (path) => path.startsWith('loss.'));
  disposeState({ step: state.step, params: {}, optimizer: state.optimizer });
  return {
    loss: subtree(ofLoss, 'loss.'),
    image: subtree(ofModel, 'image.'),
    text: subtree(ofModel, 'text.'),
    fusion: subtree(ofModel, 'fusion.'),
    interrupted: state.interrupted,
  };
}
