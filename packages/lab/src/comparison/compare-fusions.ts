import { join } from 'node:path';
import { disposeParams, type Params } from '@crossweave/core';
import { samplings } from '@crossweave/data';
import { ablate, type AblationEnd, type Arm } from '../ablation/ablate';
import type { AblationContext, Baseline } from '../ablation/summarise';
import { evaluateFusion } from '../evaluate/evaluate-fusion';
import type { FittedFusion } from '../evaluate/pairs';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { floors } from '../floors/floors';
import { describeMeasured, evaluateTask } from '../tasks/evaluate-task';
import { taskFloors } from '../tasks/task-floors';
import { correctionFor } from '../tasks/sampled-prior';
import { headOfLoss } from '../tasks/task-loss';
import { beforeName, checkComparison, towersName } from './checks';
import { resolveNegatives } from './negatives';
import { clearTraining } from './open-folder';
import type { CompareFusionsOptions } from './options';
import {
  comeTrained,
  pretrainTowers,
  untrainedTowers,
  type PretrainedTowers,
} from './pretrain-towers';
import { armRecipe, towersRecipe } from './recipe';
import { runTrial, type Caches } from './trial';

/** How trials are measured: those of another protocol are run again. */
const protocol = 3;

/**
 * Compares fusions on equal terms: the towers are pre-trained once, all images and captions are
 * encoded once, and every arm trains on the same cached tokens, with the same batches for a seed.
 * The towers alone, floors and chance stand beside the arms. Writes `results.json` and each
 * trained fusion (`trials/<arm>-seed<k>/fusion.safetensors`); run again after any kind of end, it
 * goes on where it stopped, within a trial too.
 *
 * All that can be known to fail is checked before anything is computed.
 *
 * @throws ConfigError for an option out of range, an arm that does not fit the towers, or
 * a part that has no config where no recipe is given; DataError for a split that lacks what is asked for; LockError when another process uses
 * the folder; DivergenceError and other errors of the parts.
 */
export async function compareFusions<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<AblationEnd> {
  checkComparison(options);
  const where = 'compareFusions';
  const { towers, task, arms, seeds, out, data, signal, onProgress } = options;
  const notes = notesOf(options);
  for (const message of notes) onProgress?.({ stage: 'note', message });
  const pretrained = await pretrainTowers(options);
  try {
    if (pretrained.interrupted) return { interrupted: true, trials: [] };
    const caches = {
      train: await encode(options, pretrained, data.train),
      test: await encode(options, pretrained, data.test),
    };
    const { loss } = pretrained;
    const dual: FittedFusion = { fusion: towers.fusion, params: pretrained.fusion };
    const { context, floor } = await contextOf(options, caches, dual, loss, notes);
    const byName = new Map(arms.map((arm) => [arm.name, arm]));
    const end = await ablate({
      arms: arms.map((arm): Arm<unknown> => {
        return { name: arm.name, config: armRecipe(where, options, arm) };
      }),
      seeds,
      out,
      shared: {
        protocol,
        towers: await towersRecipe(where, options),
        data: data.fingerprint,
        top: options.top ?? null,
        ...(task && { task: { name: task.name, facts: task.facts } }),
      },
      context,
      ...(signal && { signal }),
      onProgress: (progress) => onProgress?.({ stage: 'trial', ...progress }),
      runTrial: (trial) =>
        runTrial(options, byName.get(trial.arm.name)!, trial, { ...caches, floor }, dual),
    });
    // Their results are on disk: what they would have gone on from is not needed any more.
    for (const { arm, seed } of end.trials) {
      await clearTraining(join(out, 'trials', `${arm}-seed${seed}`), ['checkpoints']);
    }
    return end;
  } catch (error) {
    if (signal?.aborted === true) return { interrupted: true, trials: [] };
    throw error;
  } finally {
    const { image, text, fusion, loss } = pretrained;
    for (const params of [image, text, fusion, loss]) {
      disposeParams(params);
    }
  }
}

/** What a reader must know of how the arms were trained, once each. */
function notesOf<Image, Text>({
  arms,
  data,
  towers,
}: CompareFusionsOptions<Image, Text>): string[] {
  const notes = arms.flatMap(
    ({ training }) => resolveNegatives(training.negatives, data.train.records).note ?? [],
  );
  const held = arms.filter(({ towersAt }) => towersAt !== undefined).map(({ name }) => name);
  if (held.length > 0) {
    const names = new Intl.ListFormat('en').format(held);
    notes.push(`Learned as a correction of the towers’ score, which is 0 at first: ${names}.`);
  }
  const phases = [{ name: towersName, training: towers }, ...arms];
  for (const sampling of samplings) {
    const drawn = phases.filter(({ training }) => training.sampling === sampling);
    if (sampling === 'none' || drawn.length === 0) continue;
    const names = new Intl.ListFormat('en').format(drawn.map(({ name }) => name));
    notes.push(
      `Trained on classes that were drawn by their labels (${sampling}), with outputs corrected for the classes as the training split has them: ${names}.`,
    );
  }
  return [...new Set(notes)];
}

/** The figures of towers that came trained and were trained on, as they came; else none. */
async function asTheyCame<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<Baseline[]> {
  const { towers, task, data, signal } = options;
  if (task !== undefined || towers.steps === 0 || !comeTrained(towers)) return [];
  const params = untrainedTowers(towers);
  try {
    const test = await encode(options, params, data.test);
    const known = { fusion: towers.fusion, params: params.fusion };
    const { metrics, outcomes } = await evaluateFusion(known, test, { ...(signal && { signal }) });
    return [{ name: beforeName, kind: 'towers', metrics, outcomes }];
  } finally {
    for (const part of [params.image, params.text, params.fusion]) disposeParams(part);
  }
}

/**
 * What the arms are held against: the towers that they start from, floors, chance; of a task, what the
 * floor without interaction predicts of each pair.
 */
async function contextOf<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  { train: training, test }: Caches,
  dual: FittedFusion,
  loss: Params,
  notes: readonly string[],
): Promise<{ readonly context: AblationContext; readonly floor?: readonly string[] }> {
  const { task, data, signal } = options;
  const { fingerprint } = data;
  if (task !== undefined) {
    const beside = await taskFloors(task, training, test, signal);
    const head = headOfLoss(loss, task);
    const baselines = Object.entries(beside).map(([name, { metrics, outcomes }]): Baseline => {
      return { name, kind: 'floor', metrics, outcomes };
    });
    if (Object.keys(head).length > 0) {
      const trained = { ...dual, task, head };
      const { metrics, outcomes } = await evaluateTask(trained, test, {
        ...(signal && { signal }),
        ...correctionFor(task, options.towers.sampling),
      });
      baselines.unshift({ name: towersName, kind: 'towers', metrics, outcomes });
    }
    const { chance } = beside.majority;
    const measured = `Measured on ${describeMeasured(beside.majority)}.`;
    return {
      context: { baselines, chance, data: { fingerprint }, notes: [...notes, measured] },
      floor: beside['no-interaction'].predicted,
    };
  }
  const { metrics, outcomes, chance, split } = await evaluateFusion(dual, test, {
    ...(signal && { signal }),
  });
  const beside = Object.entries(floors(training, test));
  const context: AblationContext = {
    baselines: [
      ...(await asTheyCame(options)),
      { name: towersName, kind: 'towers', metrics, outcomes },
      ...beside.map(([name, floor]): Baseline => ({ name, kind: 'floor', ...floor })),
    ],
    chance,
    data: { fingerprint, test: split },
    notes,
  };
  return { context };
}

function encode<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  pretrained: PretrainedTowers,
  split: CompareFusionsOptions<Image, Text>['data']['train'],
): Promise<FeatureCache> {
  const { towers, featureStore, signal, onProgress } = options;
  return encodeSplit({
    split,
    ...(featureStore !== undefined && { store: featureStore }),
    image: { encoder: towers.image, params: pretrained.image },
    text: { encoder: towers.text, params: pretrained.text },
    ...(signal && { signal }),
    onProgress: (progress) => onProgress?.({ stage: 'encoding', split: split.name, ...progress }),
  });
}
