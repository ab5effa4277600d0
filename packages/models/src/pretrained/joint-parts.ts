import { ConfigError, type Encoder, type Fusion, type TextInput } from '@crossweave/core';
import type { Preprocessing, Tokenizer } from '@crossweave/data';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Pretrained } from './types';

/** Two towers and what joins them, as `jointModel` takes them. */
export interface JointParts {
  readonly image: Encoder<Tensor4D>;
  readonly text: Encoder<TextInput>;
  readonly fusion: Fusion;
}

/** How pictures and captions are prepared, as `loadPairs` and `openPairs` take it. */
export interface JointInputs {
  readonly preprocessing: Preprocessing;
  readonly tokenizer: Tokenizer;
  /** N: captions are cut at it. */
  readonly maxTokens: number;
}

/**
 * The towers of a checkpoint with its own projections, or under a fusion of yours.
 *
 * ```ts
 * using clip = await pretrained('openai/clip-vit-base-patch32', { download: true });
 * const model = jointModel(jointParts(clip));
 * ```
 *
 * @throws ConfigError when a tower is missing, or the fusion where none is given.
 */
export function jointParts(from: Pretrained, fusion?: Fusion): JointParts {
  const where = 'jointParts';
  const joins = fusion ?? from.fusion?.fusion;
  if (joins === undefined) {
    throw new ConfigError(`${from.name} has nothing that joins its towers`, {
      where,
      advice: "Give the fusion as second argument: createFusion('co-attention'), say.",
    });
  }
  const { image, text } = towersOf(from, where);
  return { image: image.encoder, text: text.encoder, fusion: joins };
}

/**
 * Pictures and captions as the checkpoint was trained with them.
 *
 * ```ts
 * const data = await loadPairs({ captions: 'shoes.jsonl', ...jointInputs(clip) });
 * ```
 *
 * @throws ConfigError when a tower is missing.
 */
export function jointInputs(from: Pretrained): JointInputs {
  const { image, text } = towersOf(from, 'jointInputs');
  const { tokenizer, maxTokens } = text;
  return { preprocessing: image.preprocessing, tokenizer, maxTokens };
}

function towersOf({ name, family, image, text }: Pretrained, where: string) {
  if (image !== undefined && text !== undefined) return { image, text };
  throw new ConfigError(`the checkpoint has no ${image === undefined ? 'image' : 'text'} tower`, {
    where,
    got: `${name}, of the kind ${family}`,
    advice: 'pretrainedTowers({ image, text }) joins towers of two checkpoints.',
  });
}
