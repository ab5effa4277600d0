import { join } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { ablate, type AblationEnd, type Arm } from '../ablation/ablate';
import type { AblationContext, Baseline } from '../ablation/summarise';
import { evaluateFusion } from '../evaluate/evaluate-fusion';
import type { FittedFusion } from '../evaluate/pairs';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { floors } from '../floors/floors';
import { checkComparison, towersName } from './checks';
import { resolveNegatives } from './negatives';
import { clearTraining } from './open-folder';
import type { CompareFusionsOptions } from './options';
import { pretrainTowers, type PretrainedTowers } from './pretrain-towers';
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
 * @throws ConfigError for an option out of range, an arm that does not fit the towers or has no
 * recipe; DataError for a split that lacks what is asked for; LockError when another process uses
 * the folder; DivergenceError and other errors of the parts.
 */
export async function compareFusions<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<AblationEnd> {
  checkComparison(options);
  const { towers, arms, seeds, out, recipe, data, signal, onProgress } = options;
  const notes = notesOf(options);
  for (const message of notes) onProgress?.({ stage: 'note', message });
  const pretrained = await pretrainTowers(options);
  try {
    if (pretrained.interrupted) return { interrupted: true, trials: [] };
    const caches = {
      train: await encode(options, pretrained, data.train),
      test: await encode(options, pretrained, data.test),
    };
    const dual: FittedFusion = { fusion: towers.fusion, params: pretrained.fusion };
    const byName = new Map(arms.map((arm) => [arm.name, arm]));
    const end = await ablate({
      arms: arms.map(({ name }): Arm<unknown> => ({ name, config: recipe.arms[name] })),
      seeds,
      out,
      shared: { protocol, towers: recipe.towers, data: data.fingerprint, top: options.top ?? null },
      context: { ...(await contextOf(options, caches, dual)), notes },
      ...(signal && { signal }),
      onProgress: (progress) => onProgress?.({ stage: 'trial', ...progress }),
      runTrial: (trial) => runTrial(options, byName.get(trial.arm.name)!, trial, caches, dual),
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
    for (const params of [pretrained.image, pretrained.text, pretrained.fusion]) {
      disposeParams(params);
    }
  }
}

/** What a reader must know of how the arms were trained, once each. */
function notesOf<Image, Text>({ arms, data }: CompareFusionsOptions<Image, Text>): string[] {
  const notes = arms.flatMap(
    ({ training }) => resolveNegatives(training.negatives, data.train.records).note ?? [],
  );
  return [...new Set(notes)];
}

/** What the arms are held against: the towers that they re-rank, floors, chance. */
async function contextOf<Image, Text>(
  { data, signal }: CompareFusionsOptions<Image, Text>,
  { train: training, test }: Caches,
  dual: FittedFusion,
): Promise<AblationContext> {
  const { metrics, outcomes, chance, split } = await evaluateFusion(dual, test, {
    ...(signal && { signal }),
  });
  const beside = Object.entries(floors(training, test));
  return {
    baselines: [
      { name: towersName, kind: 'towers', metrics, outcomes },
      ...beside.map(([name, floor]): Baseline => ({ name, kind: 'floor', ...floor })),
    ],
    chance,
    data: { fingerprint: data.fingerprint, test: split },
  };
}

function encode<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  pretrained: PretrainedTowers,
  split: CompareFusionsOptions<Image, Text>['data']['train'],
): Promise<FeatureCache> {
  const { towers, signal, onProgress } = options;
  return encodeSplit({
    split,
    image: { encoder: towers.image, params: pretrained.image },
    text: { encoder: towers.text, params: pretrained.text },
    ...(signal && { signal }),
    onProgress: (progress) => onProgress?.({ stage: 'encoding', split: split.name, ...progress }),
  });
}
