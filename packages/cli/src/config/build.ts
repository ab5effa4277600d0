import type { Encoder, Optimizer, TextInput, TokenizerFacts } from '@crossweave/core';
import { createImageEncoder } from '@crossweave/image-encoder';
import { createTextEncoder } from '@crossweave/text-encoder';
import { adamW, defaultLearningRates, warmupCosine, withLora } from '@crossweave/trainer';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { EncoderConfig, PhaseConfig } from './schema';

/** AdamW with the phase's rates, warm-up and cosine. */
export function optimizerOf(
  phase: Omit<PhaseConfig, 'negatives'>,
  rateScale?: (path: string) => number,
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
    schedule: warmupCosine({ warmup: phase.warmup, steps: phase.steps }),
    ...(rateScale && { rateScale }),
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
