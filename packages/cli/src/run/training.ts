import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  key as keyOf,
  type BatchSource,
  type Encoder,
  type Fusion,
  type Loss,
  type Params,
  type PairSplit,
  type TextInput,
  type TokenizerFacts,
} from '@crossweave/core';
import { pairBatches, type TokenisedPairs } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { createLoss } from '@crossweave/losses';
import { freeze, jointModel, layerDecay, type StepOptions } from '@crossweave/trainer';
import { imageEncoderOf, optimizerOf, textEncoderOf } from '../config/build';
import type { TrainConfig } from '../config/schema';
import { initialWeights } from '../config/weights';
import { withBlankPictures } from './blank-pictures';
import { dryStep } from './dry-step';

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

/** The loss of a config. */
export function lossOf({ training }: TrainConfig): Loss {
  return createLoss(training.loss.name, training.loss.options);
}

/** What one step of a config needs: model, loss, optimizer, what is frozen, the teacher. */
export function stepOptions(
  config: TrainConfig,
  parts: ModelParts,
): StepOptions<Tensor4D, TextInput> {
  const { training, image, text } = config;
  const { momentum, queue } = training.teacher ?? {};
  const model = jointModel(parts);
  const rateScale = layerDecay(model, {
    ...(image.layerDecay !== undefined && { 'image.': image.layerDecay }),
    ...(text.layerDecay !== undefined && { 'text.': text.layerDecay }),
  });
  return {
    model,
    loss: lossOf(config),
    optimizer: optimizerOf(training, rateScale),
    frozen: freeze(model, { image: image.freeze, text: text.freeze }),
    recompute: training.recompute,
    ...(momentum !== undefined && {
      teacher: { momentum, ...(queue !== undefined && { queue }) },
    }),
  };
}

/** The batches of a config over a split. @throws ConfigError or DataError where it has too few. */
export function batchesOf({ data, training, seed }: TrainConfig, split: PairSplit): BatchSource {
  return pairBatches(split, {
    batchSize: training.batchSize,
    negatives: training.negatives,
    key: keyOf(seed),
    augment: data.augment,
  });
}

/**
 * Everything of a config that can be checked without a picture: that its splits are there and large
 * enough, and that one step of its parts can be made.
 */
export async function checkTraining(
  config: TrainConfig,
  pairs: TokenisedPairs,
  step: StepOptions<Tensor4D, TextInput>,
): Promise<void> {
  pairs.split(config.data.test);
  const split = withBlankPictures(pairs.split(config.data.train), config.data.imageSize);
  await dryStep(step, batchesOf(config, split));
}

/** The parameters that a new run begins with where its config names checkpoints. */
export function initialOf(config: TrainConfig, parts: ModelParts): Promise<Params> {
  return initialWeights({
    image: { config: config.image, encoder: parts.image },
    text: { config: config.text, encoder: parts.text },
  });
}
