import { join } from 'node:path';
import {
  ConfigError,
  countParameters,
  disposeParams,
  foldIn,
  fusionCost,
  key as keyOf,
  subtree,
} from '@crossweave/core';
import { saveSafetensors } from '@crossweave/core/node';
import { cachedEncoder, disposeState, jointModel, train } from '@crossweave/trainer';
import { openRun } from '@crossweave/trainer/node';
import { ablate, type AblationEnd, type Arm, type Trial } from '../ablation/ablate';
import type { AblationContext, Baseline } from '../ablation/summarise';
import type { CurvePoint, TrialOutcome } from '../ablation/trial-file';
import { evaluateFusion } from '../evaluate/evaluate-fusion';
import type { FittedFusion } from '../evaluate/pairs';
import { featureBatches } from '../features/batches';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { floors } from '../floors/floors';
import type { CompareFusionsOptions, FusionArm } from './options';
import { pretrainTowers } from './pretrain-towers';

/** How trials are measured: those of another protocol are run again. */
const protocol = 2;

interface Caches {
  readonly train: FeatureCache;
  readonly test: FeatureCache;
}

/**
 * Compares fusions on equal terms: the towers are pre-trained once, all images and captions are
 * encoded once, and every arm trains on the same cached tokens, with the same batches for a seed.
 * Writes `results.json` and each trained fusion (`trials/<arm>-seed<k>/fusion.safetensors`); run again after any kind of end, it goes on where it stopped.
 *
 * @throws ConfigError when an arm has no recipe; DataError and DivergenceError of the parts.
 */
export async function compareFusions<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
): Promise<AblationEnd> {
  const { towers, arms, seeds, out, recipe, data, signal, onProgress } = options;
  for (const { name } of arms) {
    if (!(name in recipe.arms)) {
      throw new ConfigError(`the arm "${name}" has no recipe`, {
        where: 'compareFusions',
        expected: 'an entry in recipe.arms',
        advice: 'Its trials could not be told from those of another configuration.',
      });
    }
  }
  const pretrained = await pretrainTowers(options);
  try {
    if (pretrained.interrupted) return { interrupted: true, trials: [] };
    const caches = {
      train: await encode(options, pretrained, data.train),
      test: await encode(options, pretrained, data.test),
    };
    const dual: FittedFusion = { fusion: towers.fusion, params: pretrained.fusion };
    const byName = new Map(arms.map((arm) => [arm.name, arm]));
    return await ablate({
      arms: arms.map(({ name }): Arm<unknown> => ({ name, config: recipe.arms[name] })),
      seeds,
      out,
      shared: { protocol, towers: recipe.towers, data: data.fingerprint, top: options.top ?? null },
      context: await contextOf(options, caches, dual),
      ...(signal && { signal }),
      onProgress: (progress) => onProgress?.({ stage: 'trial', ...progress }),
      runTrial: (trial) => runTrial(options, byName.get(trial.arm.name)!, trial, caches, dual),
    });
  } catch (error) {
    if (signal?.aborted === true) return { interrupted: true, trials: [] };
    throw error;
  } finally {
    for (const params of [pretrained.image, pretrained.text, pretrained.fusion]) {
      disposeParams(params);
    }
  }
}

/** What the arms are held against: the towers that they re-rank, floors, chance. */
async function contextOf<Image, Text>(
  { data, signal }: CompareFusionsOptions<Image, Text>,
  { train: training, test }: Caches,
  dual: FittedFusion,
): Promise<AblationContext> {
  const towers = await evaluateFusion(dual, test, { ...(signal && { signal }) });
  const { metrics, outcomes, chance, split } = towers;
  return {
    baselines: [
      { name: 'towers alone', kind: 'towers', metrics, outcomes },
      ...Object.entries(floors(training, test)).map(([name, floor]): Baseline => ({
        name,
        kind: 'floor',
        ...floor,
      })),
    ],
    chance,
    data: { fingerprint: data.fingerprint, test: split },
  };
}

function encode<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  pretrained: Awaited<ReturnType<typeof pretrainTowers>>,
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

async function runTrial<Image, Text>(
  options: CompareFusionsOptions<Image, Text>,
  arm: FusionArm,
  { seed, directory, signal }: Trial<unknown>,
  caches: Caches,
  dual: FittedFusion,
): Promise<TrialOutcome> {
  const began = performance.now();
  const { towers, top, onProgress } = options;
  const { steps, loss, optimizer, batchSize, negatives } = arm.training;
  await using run = await openRun(directory, {
    description: { arm: arm.name, seed, recipe: options.recipe.arms[arm.name] },
  });
  // A trial that was cut short begins anew: what it had logged goes.
  await run.resume();
  const curve: CurvePoint[] = [];
  const every = Math.max(1, Math.floor(steps / 100));
  const state = await train({
    model: jointModel({
      image: cachedEncoder(towers.image.name, towers.image.features),
      text: cachedEncoder(towers.text.name, towers.text.features),
      fusion: arm.fusion,
    }),
    loss,
    optimizer,
    // The batches depend on the seed alone, not on the arm: all arms see the same ones.
    data: featureBatches(caches.train, {
      batchSize,
      negatives,
      key: foldIn(keyOf(seed), 'batches'),
    }),
    steps,
    key: foldIn(keyOf(seed), arm.name),
    signal,
    log: (record) => {
      run.log(record);
      if (record.kind === 'step' && record.step % every === 0) {
        curve.push([record.step, record.loss]);
      }
      onProgress?.({ stage: 'training', arm: arm.name, seed, record, steps });
    },
  });
  try {
    signal.throwIfAborted();
    const params = subtree(state.params, 'fusion.');
    await saveSafetensors(join(directory, 'fusion.safetensors'), params);
    const { metrics, outcomes } = await evaluateFusion(
      { fusion: arm.fusion, params },
      caches.test,
      { dual, signal, ...(top !== undefined && { top }) },
    );
    const seconds = (performance.now() - began) / 1000;
    const count = countParameters(params);
    const flops = pairFlops(options, arm, caches.train);
    return { params: count, flops, steps, seconds, metrics, outcomes, curves: { loss: curve } };
  } finally {
    disposeState(state);
  }
}

/** Operations of fusing one pair whose sides are as long as the longest of the train split. */
function pairFlops<Image, Text>(
  { towers }: CompareFusionsOptions<Image, Text>,
  { fusion }: FusionArm,
  { images, texts }: FeatureCache,
): number {
  return fusionCost(fusion, {
    image: { ...towers.image.features, tokens: images.spec.tokens },
    text: { ...towers.text.features, tokens: texts.spec.tokens },
  }).flops;
}
