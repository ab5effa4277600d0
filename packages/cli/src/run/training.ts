import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  key as keyOf,
  type BatchSource,
  type Encoder,
  type FittedTask,
  type Fusion,
  type Loss,
  type ModelOutputs,
  type Params,
  type PairSplit,
  type TextInput,
  type TokenizerFacts,
} from '@crossweave/core';
import { pairBatches, type TokenisedPairs } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { labelledPairs, requireDrawnClasses } from '@crossweave/lab';
import { freeze, jointModel, layerDecay, unfreezeAt, type StepOptions } from '@crossweave/trainer';
import { imageEncoderOf, optimizerFor, textEncoderOf } from '../config/build';
import type { TrainConfig } from '../config/schema';
import { lossFor, requireSampling } from '../config/tasks';
import { initialWeights } from '../config/weights';
import { withBlankPictures } from './blank-pictures';
import { dryStep } from './dry-step';
import { firstOfStream } from './stream';

/** The parts of a joint model that a config of `train` names. */
export interface ModelParts {
  readonly image: Encoder<Tensor4D>;
  readonly text: Encoder<TextInput>;
  readonly fusion: Fusion;
}

/** Builds the parts. @throws ConfigError for an unknown name or option, or ids that do not fit. */
export function modelParts(config: TrainConfig, tokenizer: TokenizerFacts): ModelParts {
  return {
    image: imageEncoderOf(config.image, config.data.imageSize),
    text: textEncoderOf(config.text, tokenizer, config.data.maxTokens),
    fusion: createFusion(config.fusion.name, config.fusion.options),
  };
}

/** What one step of a config needs: model, loss, optimizer, what is frozen, the teacher. */
export function stepOptions(
  config: TrainConfig,
  parts: ModelParts,
  task?: FittedTask,
): StepOptions<Tensor4D, TextInput> {
  const { training, image, text } = config;
  const { momentum, queue } = training.teacher ?? {};
  const model = jointModel(parts);
  const rateScale = layerDecay(model, {
    ...(image.layerDecay !== undefined && { image: image.layerDecay }),
    ...(text.layerDecay !== undefined && { text: text.layerDecay }),
  });
  return {
    model,
    loss: lossFor('training', training.loss, parts, task, config.task?.weight),
    optimizer: optimizerFor(training, rateScale),
    frozen: freeze(model, { image: image.freeze, text: text.freeze }),
    recompute: training.recompute,
    ...unfreezing(model, config),
    ...(training.average && { average: training.average }),
    ...(momentum !== undefined && {
      teacher: { momentum, ...(queue !== undefined && { queue }) },
    }),
  };
}

/** When towers begin to be trained that are frozen at first. */
function unfreezing(
  model: StepOptions<Tensor4D, TextInput>['model'],
  { image, text }: TrainConfig,
): Pick<StepOptions<Tensor4D, TextInput>, 'frozenUntil'> {
  const steps = {
    ...(image.unfreezeAt !== undefined && { image: image.unfreezeAt }),
    ...(text.unfreezeAt !== undefined && { text: text.unfreezeAt }),
  };
  return Object.keys(steps).length === 0 ? {} : { frozenUntil: unfreezeAt(model, steps) };
}

/** The batches of a config over a split. @throws ConfigError or DataError where it has too few. */
export function batchesOf({ data, training, seed }: TrainConfig, split: PairSplit): BatchSource {
  return pairBatches(split, {
    batchSize: training.batchSize,
    negatives: training.negatives,
    key: keyOf(seed),
    augment: data.augment,
    sampling: training.sampling,
  });
}

/**
 * Everything of a config that can be checked without a picture: that its splits are there and large
 * enough, and that one step of its parts can be made. Of a stream the first batch is read, pictures and all.
 *
 * @returns what there is or is asked for that nothing reads
 */
export async function checkTraining(
  config: TrainConfig,
  pairs: TokenisedPairs,
  step: StepOptions<Tensor4D, TextInput>,
  { task, signal }: { readonly task: FittedTask | undefined; readonly signal: AbortSignal },
): Promise<string[]> {
  requireSampling('training.sampling', config.training.sampling, config.task, task);
  const test = pairs.split(config.data.test);
  if (task !== undefined) {
    const { records } = pairs.split(config.data.train);
    const labels = labelledPairs(records).map(({ label }) => label);
    requireDrawnClasses(task, config.training.sampling, labels);
  }
  const { evaluate } = config.training;
  const measured = evaluate === undefined ? [test] : [test, pairs.split(evaluate.split)];
  if (config.task !== undefined) measured.forEach(requireLabels);
  const { loss, seen } = watched(step.loss);
  if (config.data.stream !== undefined) {
    await dryStep({ ...step, loss }, await firstOfStream(config, pairs, signal));
  } else {
    const split = withBlankPictures(pairs.split(config.data.train), config.data.imageSize);
    await dryStep({ ...step, loss }, batchesOf(config, split));
  }
  return [...unreadNotes(config, loss.name, seen), ...unusedSplits(config, pairs)];
}

/** A loss, and what it has read of the model's outputs so far. */
function watched(loss: Loss): { readonly loss: Loss; readonly seen: ReadonlySet<PropertyKey> } {
  const seen = new Set<PropertyKey>();
  const get = (outputs: ModelOutputs, name: PropertyKey): unknown => {
    seen.add(name);
    return Reflect.get(outputs, name);
  };
  return {
    loss: {
      ...loss,
      compute: (params, outputs, batch, ctx) =>
        loss.compute(params, new Proxy(outputs, { get }), batch, ctx),
    },
    seen,
  };
}

/** Splits that no part of the run has, such as `restval` and `validation` beside the usual names. */
function unusedSplits({ data, training }: TrainConfig, { splits }: TokenisedPairs): string[] {
  const used = [data.train, data.val, data.test, training.evaluate?.split];
  return Object.values(splits)
    .filter(({ name }) => !used.includes(name))
    .map(
      ({ name, records }) =>
        `The split "${name}" (${records.length} of the pictures) is not used: the run has "${data.train}", "${data.val}" and "${data.test}" (data.train, data.val, data.test).`,
    );
}

function unreadNotes(
  { training: { negatives, teacher } }: TrainConfig,
  loss: string,
  seen: ReadonlySet<PropertyKey>,
): string[] {
  return [
    ...(negatives > 0 && !seen.has('negatives')
      ? [
          `training.negatives (${negatives}) is not used: the loss ${loss} reads no false captions as it is set.`,
        ]
      : []),
    ...(teacher !== undefined && !seen.has('teacher')
      ? [`training.teacher is not used: the loss ${loss} learns from no teacher.`]
      : []),
  ];
}

/** @throws ConfigError where nothing could be measured after training. */
export function requireLabels(split: PairSplit): void {
  if (labelledPairs(split.records).length > 0) return;
  throw new ConfigError(`the split "${split.name}" has no labels`, {
    where: 'data',
    expected: 'labels in the split that is reported',
    advice: 'Choose another split with --set data.test=…, or label it.',
  });
}

/**
 * The parameters that a new run begins with where its config names checkpoints, the caller's to
 * dispose. Of a whole `model`'s they are its own tensors.
 */
export async function initialOf(
  config: TrainConfig,
  { image, text, fusion }: ModelParts,
  model: Params = {},
): Promise<Params> {
  const own = await initialWeights({
    image: { config: config.image, encoder: image },
    text: { config: config.text, encoder: text },
    fusion: {
      config: config.fusion,
      encoder: { init: (key) => fusion.init(key, image.features, text.features) },
    },
  });
  return { ...model, ...own };
}
