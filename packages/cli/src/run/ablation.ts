import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  disposeParams,
  type BatchSource,
  type Encoder,
  type FittedTask,
  type Key,
  type PairRecord,
  type PairSplit,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { precisionInUse } from '@crossweave/core/engine';
import {
  pairBatches,
  type PairDataset,
  type TokenisedPairs,
  type Tokenizer,
} from '@crossweave/data';
import { createFusion, towersPrefix, withTowerScore } from '@crossweave/fusion';
import {
  checkComparison,
  labelledPairs,
  resolveNegatives,
  type CompareFusionsOptions,
} from '@crossweave/lab';
import {
  cachedEncoder,
  freeze,
  jointModel,
  layerDecay,
  type JointModelOptions,
} from '@crossweave/trainer';
import { imageEncoderOf, optimizerOf, textEncoderOf } from '../config/build';
import { sizeArms, type SizedArm } from '../config/match-arms';
import type { AblationConfig, PhaseConfig } from '../config/schema';
import { lossFor, requireSampling, type Fused } from '../config/tasks';
import { initialWeights, mayBeMissing } from '../config/weights';
import { withBlankPictures } from './blank-pictures';
import { dryStep, dryStepOnFeatures } from './dry-step';
import { places } from './identity';

/** Both towers and every fusion that a config of `ablate` names. */
export interface AblationParts {
  readonly image: Encoder<Tensor4D>;
  readonly text: Encoder<TextInput>;
  readonly arms: ReadonlyMap<string, SizedArm>;
  /** What is trained for and measured, in place of matching and retrieval. */
  readonly task?: FittedTask;
}

/**
 * The config with `fusion.residual` settled. False captions are what towers know nothing of: to correct
 * their score of those keeps a fusion from learning. Without any, what a fusion learns is what the towers
 * know, and to learn it anew ends below them.
 */
export function settleResidual(
  config: AblationConfig,
  records: readonly PairRecord[],
): AblationConfig {
  const { fusion, task } = config;
  if (fusion.residual !== 'auto') return config;
  const residual = task === undefined && resolveNegatives(fusion.negatives, records).count === 0;
  return { ...config, fusion: { ...fusion, residual } };
}

/** Builds the parts, of a config whose residual is settled. @throws ConfigError for an unknown name or option, or nothing to compare. */
export function ablationParts(
  config: AblationConfig,
  tokenizer: Tokenizer,
  task?: FittedTask,
): AblationParts {
  if (Object.keys(config.arms).length === 0) {
    throw new ConfigError('there is nothing to compare', {
      where: 'arms',
      expected: 'at least one fusion',
    });
  }
  const image = imageEncoderOf(config.image, config.data.imageSize);
  const textTokens = config.data.maxTokens;
  const text = textEncoderOf(config.text, tokenizer, textTokens);
  const specs = { image: image.features, text: text.features, textTokens };
  const sized = sizeArms(config.arms, specs);
  const arms = config.fusion.residual === true ? onTowers(config, sized, task) : sized;
  return { image, text, arms, ...(task && { task }) };
}

/** The arms as corrections of the towers' score. @throws ConfigError for a task: it has no such score. */
function onTowers(
  config: AblationConfig,
  arms: ReadonlyMap<string, SizedArm>,
  task: FittedTask | undefined,
): ReadonlyMap<string, SizedArm> {
  if (task !== undefined) {
    throw new ConfigError('a task has no score of the towers that a fusion could correct', {
      where: 'fusion.residual',
      expected: 'false',
      got: true,
      advice: 'Leave it out, or leave the task out: then matching and retrieval are measured.',
    });
  }
  const towers = towersFusion(config);
  return new Map(
    Array.from(arms, ([name, arm]) => [
      name,
      { ...arm, fusion: withTowerScore(arm.fusion, towers) },
    ]),
  );
}

/** How the size of each matched arm was chosen, for people. */
export function notesOf({ arms }: AblationParts): string[] {
  return [...arms.values()].flatMap(({ note }) => note ?? []);
}

/**
 * Everything of a config that can be checked without a picture: that its splits are there and large
 * enough, and that one step of the towers and of each arm can be made.
 */
export async function checkAblation(
  config: AblationConfig,
  parts: AblationParts,
  pairs: TokenisedPairs,
  begin: Beginning,
): Promise<void> {
  const { fusion: phase, data } = config;
  requireSampling('towers.sampling', config.towers.sampling, config.task, parts.task);
  requireSampling('fusion.sampling', phase.sampling, config.task, parts.task);
  const split = (name: string): PairSplit => withBlankPictures(pairs.split(name), data.imageSize);
  const unread = { split, tokenizer: pairs.tokenizer, fingerprint: 'not decoded' };
  checkComparison({ ...comparisonOf(config, parts, unread, begin), out: '.' });
  const train = split(data.train);
  const { image, text, task } = parts;
  const dual = { image, text, fusion: towersFusion(config) };
  const model = jointModel(dual);
  if (config.towers.steps > 0) {
    await dryStep(
      { model, ...learningTowers(config, dual, task) },
      towerBatches(config, train, { high: 0, low: 0 }),
    );
  }
  const { batchSize } = phase;
  const negatives = resolveNegatives(phase.negatives, train.records).count;
  const specs = { image: image.features, text: text.features, textTokens: data.maxTokens };
  for (const { fusion } of parts.arms.values()) {
    const cached = {
      image: cachedEncoder(image.name, image.features),
      text: cachedEncoder(text.name, text.features),
    };
    const step = learning('fusion', phase, { image, text, fusion }, config, task);
    dryStepOnFeatures({ model: jointModel({ ...cached, fusion }), ...step }, specs, {
      batchSize,
      negatives,
      labels: labelledPairs(train.records).map(({ label }) => label),
    });
  }
}

/** What `compareFusions` is asked, but for the folder and the listeners. */
export function comparisonOf(
  config: AblationConfig,
  { image, text, arms, task }: AblationParts,
  data: Pick<PairDataset, 'split' | 'fingerprint' | 'tokenizer'>,
  { params: initial, model }: Beginning,
): Omit<CompareFusionsOptions<Tensor4D, TextInput>, 'out'> {
  const { towers, fusion: phase } = config;
  const train = data.split(config.data.train);
  const dual = { image, text, fusion: towersFusion(config) };
  const named = config.task === undefined ? {} : { task: config.task };
  // What was trained in bf16 is not taken for trained in float32.
  const precision = precisionInUse();
  const rounding = precision === 'float32' ? {} : { precision };
  return {
    data: { train, test: data.split(config.data.test), fingerprint: data.fingerprint },
    towers: {
      ...dual,
      ...learningTowers(config, dual, task),
      ...(Object.keys(initial).length > 0 && {
        initial,
        ignoreMissing: mayBeMissing({ image: config.image, text: config.text }),
      }),
      steps: towers.steps,
      sampling: towers.sampling,
      seed: towers.seed,
      data: (key) => towerBatches(config, train, key),
    },
    arms: Array.from(arms, ([name, { fusion }]) => ({
      name,
      fusion,
      ...(phase.residual === true && { towersAt: towersPrefix }),
      training: {
        ...learning('fusion', phase, { image, text, fusion }, config, task),
        steps: phase.steps,
        batchSize: phase.batchSize,
        negatives: phase.negatives,
        sampling: phase.sampling,
      },
    })),
    ...(task && { task }),
    seeds: config.seeds,
    ...(config.data.featureStore !== undefined && { featureStore: config.data.featureStore }),
    top: config.top,
    recipe: {
      towers: {
        data: { ...config.data, ...places, tokenizer: data.tokenizer.fingerprint },
        image: config.image,
        text: config.text,
        towers,
        ...(model !== undefined && { model }),
        ...named,
        ...rounding,
      },
      arms: Object.fromEntries(
        Array.from(arms, ([name, { part }]) => [
          name,
          { arm: part, training: phase, ...named, ...rounding },
        ]),
      ),
    },
  };
}

function towersFusion({ towers }: AblationConfig): ReturnType<typeof createFusion> {
  return createFusion(towers.fusion.name, towers.fusion.options);
}

/** How the towers learn before any arm does: some of them frozen, some layers slower. */
function learningTowers(
  config: AblationConfig,
  dual: JointModelOptions<Tensor4D, TextInput>,
  task: FittedTask | undefined,
) {
  const { towers, image, text } = config;
  const model = jointModel(dual);
  const rateScale = layerDecay(model, {
    ...(image.layerDecay !== undefined && { image: image.layerDecay }),
    ...(text.layerDecay !== undefined && { text: text.layerDecay }),
  });
  return {
    ...learning('towers', towers, dual, config, task),
    optimizer: optimizerOf(towers, rateScale),
    frozen: freeze(model, { image: image.freeze, text: text.freeze }),
  };
}

/** What the towers of an ablation begin with. */
export interface Beginning {
  /** By paths of the joint model; none where all are drawn. */
  readonly params: Params;
  /** Fingerprint of the checkpoint that the config names under `model`. */
  readonly model?: string;
}

/**
 * Loads the checkpoints that a config's towers begin with, beside what they take of a whole `model`, which
 * stays the caller's.
 */
export async function beginningOf(
  { image, text }: AblationConfig,
  parts: Pick<AblationParts, 'image' | 'text'>,
  model?: { readonly params: Params; readonly fingerprint: string },
): Promise<Beginning & Disposable> {
  const own = await initialWeights({
    image: { config: image, encoder: parts.image },
    text: { config: text, encoder: parts.text },
  });
  return {
    params: { ...model?.params, ...own },
    ...(model && { model: model.fingerprint }),
    [Symbol.dispose]: () => disposeParams(own),
  };
}

function learning(
  where: string,
  phase: Omit<PhaseConfig, 'negatives'>,
  parts: Fused,
  config: AblationConfig,
  task: FittedTask | undefined,
) {
  return {
    loss: lossFor(where, phase.loss, parts, task, config.task?.weight),
    optimizer: optimizerOf(phase),
  };
}

function towerBatches({ data, towers }: AblationConfig, split: PairSplit, key: Key): BatchSource {
  const { batchSize, negatives, sampling } = towers;
  return pairBatches(split, { batchSize, negatives, key, augment: data.augment, sampling });
}
