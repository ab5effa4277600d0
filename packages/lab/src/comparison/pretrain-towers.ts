import { join } from 'node:path';
import { foldIn, key as keyOf, partition, subtree, type Params } from '@crossweave/core';
import { disposeState, jointModel, train } from '@crossweave/trainer';
import { openRun } from '@crossweave/trainer/node';
import { configHash } from '../ablation/trial-file';
import type { CompareFusionsOptions } from './options';

/** What pre-training leaves: the parameters of towers and contrastive head, the caller's to dispose. */
export interface PretrainedTowers {
  readonly image: Params;
  readonly text: Params;
  readonly fusion: Params;
  /** Not all steps were done: the signal came. */
  readonly interrupted: boolean;
}

const checkpointEvery = 50;

/**
 * Trains both towers contrastively, in `out/towers-<hash of their recipe>`: what is there
 * already is not repeated, and an interrupted pre-training goes on from its last checkpoint.
 */
export async function pretrainTowers<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<PretrainedTowers> {
  const { towers, recipe, data, signal, onProgress } = options;
  const { steps, seed } = towers;
  const description = { towers: recipe.towers, data: data.fingerprint };
  const folder = join(options.out, `towers-${configHash(description).slice(0, 12)}`);
  await using run = await openRun(folder, { identity: description, keep: 1 });
  const start = await run.resume();
  if (start?.step === steps) onProgress?.({ stage: 'towers-reused' });

  const key = foldIn(keyOf(seed), 'towers');
  const state = await train({
    model: jointModel({ image: towers.image, text: towers.text, fusion: towers.fusion }),
    loss: towers.loss,
    optimizer: towers.optimizer,
    data: towers.data(foldIn(key, 'batches')),
    steps,
    key,
    ...(start && { start }),
    ...(signal && { signal }),
    log: (record) => {
      run.log(record);
      onProgress?.({ stage: 'towers', record, steps });
    },
    checkpoint: run.checkpoint,
    checkpointEvery,
  });
  if (start !== undefined) disposeState(start);

  const [loss, model] = partition(state.params, (path) => path.startsWith('loss.'));
  disposeState({ step: state.step, params: loss, optimizer: state.optimizer });
  return {
    image: subtree(model, 'image.'),
    text: subtree(model, 'text.'),
    fusion: subtree(model, 'fusion.'),
    interrupted: state.interrupted,
  };
}
