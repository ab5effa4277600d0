import { join } from 'node:path';
import {
  countParameters,
  foldIn,
  fusionCost,
  initialShapes,
  key as keyOf,
  partition,
  subtree,
  withPrefix,
  type Params,
} from '@crossweave/core';
import { saveSafetensors } from '@crossweave/checkpoints/node';
import { pairBatches } from '@crossweave/data';
import {
  cachedEncoder,
  disposeState,
  initialParams,
  jointModel,
  train,
  type TrainRecord,
} from '@crossweave/trainer';
import { readMetrics } from '@crossweave/trainer/node';
import type { Trial } from '../ablation/ablate';
import type { CurvePoint, TrialOutcome } from '../ablation/trial-file';
import { evaluateFusion, type Evaluation } from '../evaluate/evaluate-fusion';
import type { FittedFusion } from '../evaluate/pairs';
import type { FeatureCache } from '../features/encode-split';
import { evaluateTask, type TaskEvaluation } from '../tasks/evaluate-task';
import type { Mistake, PlacedMistake } from '../tasks/mistakes';
import { correctionFor } from '../tasks/sampled-prior';
import { headOfLoss } from '../tasks/task-loss';
import { resolveNegatives } from './negatives';
import { openFolder } from './open-folder';
import type { CompareFusionsOptions, FusionArm } from './options';
import { armRecipe } from './recipe';

export interface Caches {
  readonly train: FeatureCache;
  readonly test: FeatureCache;
  /** Of a task, what the floor without interaction predicts of each labelled pair of `test`. */
  readonly floor?: readonly string[] | undefined;
}

/** Steps between two checkpoints; an abort saves one too. */
const checkpointEvery = 100;

/**
 * Trains one arm under one seed on cached features and measures it. It goes on from the trial's own
 * checkpoint where there is one, and ends with the same bits as if it had never stopped.
 *
 * @throws The signal's reason when aborted, with what was trained saved; errors of the parts.
 */
export async function runTrial<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  arm: FusionArm,
  { seed, directory, signal, config }: Trial<unknown>,
  caches: Caches,
  dual: FittedFusion,
): Promise<TrialOutcome> {
  const { towers, task, top, onProgress } = options;
  const { steps, loss, optimizer, batchSize, negatives, sampling } = arm.training;
  const held = heldTowers(arm, dual.params);
  const model = jointModel({
    image: cachedEncoder(towers.image.name, towers.image.features),
    text: cachedEncoder(towers.text.name, towers.text.features),
    fusion: arm.fusion,
  });
  const shapes = initialShapes({ init: (key) => initialParams({ model, loss }, key) });
  const identity = { trial: config };
  const description = { arm: arm.name, seed, recipe: armRecipe('compareFusions', options, arm) };
  const discarded = (reason: string): void =>
    onProgress?.({
      stage: 'note',
      message: `${arm.name}, seed ${seed} starts again: ${reason}`,
    });
  const opened = await openFolder(directory, { identity, description, keep: 1 }, shapes, discarded);
  await using run = opened.run;
  const { start } = opened;
  const state = await train({
    model,
    loss,
    optimizer,
    // The batches depend on the seed alone, not on the arm: all arms see the same ones.
    data: pairBatches(caches.train, {
      batchSize,
      negatives: resolveNegatives(negatives, caches.train.records).count,
      sampling,
      key: foldIn(keyOf(seed), 'batches'),
    }),
    steps,
    key: foldIn(keyOf(seed), arm.name),
    ...(start && { start }),
    ...(held && {
      initial: held,
      ignoreMissing: Object.keys(shapes).filter((path) => !Object.hasOwn(held, path)),
      frozen: (path: string) => Object.hasOwn(held, path),
    }),
    signal,
    log: (record) => {
      run.log(record);
      onProgress?.({ stage: 'training', arm: arm.name, seed, record, steps });
    },
    checkpoint: run.checkpoint,
    checkpointEvery,
  }).finally(() => {
    if (start !== undefined) disposeState(start);
  });
  try {
    signal.throwIfAborted();
    const began = performance.now();
    const params = subtree(state.params, 'fusion.');
    await saveSafetensors(join(directory, 'fusion.safetensors'), params);
    const fitted = { fusion: arm.fusion, params };
    const head = task === undefined ? {} : headOfLoss(subtree(state.params, 'loss.'), task);
    if (task !== undefined) await saveSafetensors(join(directory, 'head.safetensors'), head);
    const measured: TaskEvaluation | Evaluation =
      task === undefined
        ? await evaluateFusion(fitted, caches.test, {
            dual,
            signal,
            by: held === undefined ? 'sum' : 'own',
            ...(top !== undefined && { top }),
          })
        : await evaluateTask({ ...fitted, task, head }, caches.test, {
            signal,
            ...correctionFor(task, sampling),
          });
    const records = await readMetrics(directory);
    const [own] = partition(params, (path) => !Object.hasOwn(held ?? {}, `fusion.${path}`));
    return {
      params: countParameters(own) + countParameters(head),
      flops: pairFlops(options, arm, caches.train),
      steps,
      seconds: secondsOf(records) + (performance.now() - began) / 1000,
      metrics: measured.metrics,
      outcomes: measured.outcomes,
      curves: { loss: lossCurve(records, steps) },
      ...('classes' in measured && { classes: measured.classes }),
      ...('confusions' in measured && { confusions: measured.confusions }),
      ...('mistakes' in measured && { mistakes: withFloor(measured.mistakes, caches.floor) }),
    };
  } finally {
    disposeState(state);
  }
}

function withFloor(
  mistakes: readonly PlacedMistake[],
  floor: readonly string[] | undefined,
): Mistake[] {
  return mistakes.map(({ pair, ...mistake }) => {
    const said = floor?.[pair];
    return said === undefined ? mistake : { ...mistake, floor: said };
  });
}

/** The towers' parameters by the paths of an arm's model, where its fusion holds them. */
function heldTowers({ towersAt }: FusionArm, dual: Params): Params | undefined {
  return towersAt === undefined ? undefined : withPrefix(`fusion.${towersAt}`, dual);
}

/** Of all steps, those before an interruption included. */
function secondsOf(records: readonly TrainRecord[]): number {
  return records.reduce((sum, record) => sum + (record.kind === 'step' ? record.seconds : 0), 0);
}

/** About a hundred points. */
function lossCurve(records: readonly TrainRecord[], steps: number): CurvePoint[] {
  const every = Math.max(1, Math.floor(steps / 100));
  return records.flatMap((record): CurvePoint[] =>
    record.kind === 'step' && record.step % every === 0 ? [[record.step, record.loss]] : [],
  );
}

/** Operations of fusing one pair whose sides are as long as the longest of the train split. */
function pairFlops<Image, Text>(
  { towers }: CompareFusionsOptions<Image, Text>,
  { fusion }: FusionArm,
  { imageTable, textTable }: FeatureCache,
): number {
  return fusionCost(fusion, {
    image: { ...towers.image.features, tokens: imageTable.spec.tokens },
    text: { ...towers.text.features, tokens: textTable.spec.tokens },
  }).flops;
}
