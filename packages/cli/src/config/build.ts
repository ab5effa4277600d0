import type { Encoder, Optimizer, TextInput, TokenizerFacts } from '@crossweave/core';
import { createImageEncoder } from '@crossweave/image-encoder';
import { createTextEncoder } from '@crossweave/text-encoder';
import {
  adamW,
  constant,
  createOptimizer,
  createSchedule,
  defaultLearningRates,
  warmupCosine,
  withLora,
  type Schedule,
} from '@crossweave/trainer';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { EncoderConfig, PhaseConfig, TrainConfig } from './schema';

/** What {@link optimizerOf} reads of a stretch of training. */
type RatesConfig = Pick<
  PhaseConfig,
  'learningRate' | 'weightDecay' | 'clipNorm' | 'warmup' | 'steps'
>;

/** AdamW with the phase's rates, and its warm-up and cosine unless another schedule is given. */
export function optimizerOf(
  phase: RatesConfig,
  rateScale?: (path: string) => number,
  schedule: Schedule = cosineOver(phase),
): Optimizer {
  const { image, text, fusion, loss } = phase.learningRate;
  return adamW({
    learningRate: {
      image: image ?? defaultLearningRates.image,
      text: text ?? defaultLearningRates.text,
      fusion: fusion ?? defaultLearningRates.fusion,
      loss: loss ?? defaultLearningRates.loss,
    },
    weightDecay: phase.weightDecay,
    clipNorm: phase.clipNorm,
    schedule,
    ...(rateScale && { rateScale }),
  });
}

/** Of towers that are not trained on, with 0 steps, no schedule is read. */
function cosineOver({ warmup, steps }: RatesConfig): Schedule {
  return steps === 0 ? constant() : warmupCosine({ warmup, steps });
}

/** The optimizer that a config of `train` names, AdamW where it names none. */
export function optimizerFor(
  training: TrainConfig['training'],
  rateScale?: (path: string) => number,
): Optimizer {
  const { optimizer, schedule, warmup, steps, learningRate, weightDecay, clipNorm } = training;
  const form = createSchedule(schedule?.name ?? 'cosine', { warmup, steps }, schedule?.options);
  if (optimizer === undefined) return optimizerOf(training, rateScale, form);
  return createOptimizer(optimizer.name, {
    ...(Object.keys(learningRate).length > 0 && { learningRate }),
    // Plain gradient descent knows no decay.
    ...(optimizer.name !== 'sgd' && { weightDecay }),
    clipNorm,
    schedule: form,
    ...(rateScale && { rateScale }),
    ...optimizer.options,
  });
}

/** The image encoder of a config; one that takes `imageSize` gets the data's unless it says its own. */
export function imageEncoderOf(part: EncoderConfig, imageSize: number): Encoder<Tensor4D> {
  return adapted(createImageEncoder(part.name, { imageSize, ...part.options }), part);
}

/** The text encoder of a config, for texts of this tokenizer that are cut at `maxTokens`. */
export function textEncoderOf(
  part: EncoderConfig,
  tokenizer: TokenizerFacts,
  maxTokens: number,
): Encoder<TextInput> {
  const pretrained = part.weights !== undefined;
  const encoder = createTextEncoder(part.name, part.options, { tokenizer, maxTokens, pretrained });
  return adapted(encoder, part);
}

function adapted<Input>(encoder: Encoder<Input>, { lora }: EncoderConfig): Encoder<Input> {
  return lora === undefined ? encoder : withLora(encoder, lora);
}
