import {
  add,
  fill,
  matMul,
  mul,
  sum,
  tidy,
  type Rank,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Batch } from '../contracts/batch';
import type { FeatureSpec, Features } from '../contracts/features';
import type { CaptionLogits, LossResult, Loss, ModelOutputs } from '../contracts/loss';
import type { Context } from '../contracts/context';
import { foldIn, key, normal } from '../keys';
import { maskedMean, normalize } from '../nn';
import { parameter, type Params } from '../params';
import { textInput } from './inputs';
import { constantFeatures, sampleFeatures } from './samples';
import { takeRows, tidyTree } from './trees';

/** A batch and a model's features of it. */
export interface LossCase {
  readonly batch: Batch<unknown, unknown>;
  readonly image: Features;
  readonly text: Features;
  readonly negatives?: Features;
  /** Whether the stub fusion offers embeddings. */
  readonly embeds: boolean;
  /** Features of a teacher; they are constants. */
  readonly teacher?: Pick<ModelOutputs, 'image' | 'text'>;
  readonly captions?: CaptionLogits;
}

/** Model outputs that only some losses read. */
export type OptionalOutput = 'teacher' | 'captions';

export interface CaseOptions {
  readonly size: number;
  readonly width: number;
  /** K. */
  readonly negatives: number;
  readonly embeds: boolean;
  readonly outputs: readonly OptionalOutput[];
  /** Every feature has this value. Default: random features. */
  readonly value?: number;
  /** Identities of the images. Default: all different. */
  readonly groups?: readonly string[];
}

/** Features and a batch of `size` pairs with K hard negatives each. */
export function lossCase(options: CaseOptions): LossCase {
  const { size, width, negatives, embeds, outputs, value, groups } = options;
  const spec: FeatureSpec = { dim: width, tokens: 3 };
  const make = (name: string, rows: number): Features => {
    const features = sampleFeatures(foldIn(key(31), name), spec, { batch: rows });
    return value === undefined ? features : constantFeatures(features, value);
  };
  const texts = textInput({ vocabulary: 16, tokens: 3 });
  const ids = Array.from({ length: size }, (_, row) => `pair-${row}`);
  return {
    batch: {
      size,
      ids,
      groups: groups ?? ids,
      image: {},
      text: texts.make(key(32), size),
      ...(negatives > 0 && { negatives: texts.make(key(33), size * negatives) }),
    },
    embeds,
    image: make('image', size),
    text: make('text', size),
    ...(negatives > 0 && { negatives: make('negatives', size * negatives) }),
    ...(outputs.includes('teacher') && {
      teacher: { image: make('teacher.image', size), text: make('teacher.text', size) },
    }),
    ...(outputs.includes('captions') && { captions: captionLogits(size, value) }),
  };
}

/**
 * Captions of 3 tokens from a vocabulary of 16, with different padding in each row. If given,
 * `value` is the value of every logit.
 */
function captionLogits(size: number, value: number | undefined): CaptionLogits {
  const { input_ids, attention_mask } = textInput({ vocabulary: 16, tokens: 3 }).make(
    key(37),
    size,
  );
  const shape: [number, number, number] = [size, 3, 16];
  return {
    logits: value === undefined ? normal<Rank.R3>(key(38), shape) : fill<Rank.R3>(shape, value),
    targets: input_ids,
    mask: attention_mask,
  };
}

/** The loss of a case, with the outputs of a model without parameters. */
export function computeLoss(
  loss: Loss,
  params: Params,
  { batch, image, text, negatives, embeds, teacher, captions }: LossCase,
  ctx: Context,
): LossResult {
  const score = (images: Features, texts: Features): Tensor2D =>
    tidy(() => matMul(embed(images), embed(texts), false, true));
  const embedding = embeds && {
    embed: (_side: 'image' | 'text', features: Features) => tidy(() => embed(features)),
  };
  const outputs: ModelOutputs = {
    image,
    text,
    ...(negatives && { negatives }),
    ...(teacher && { teacher: { ...teacher, score, ...embedding } }),
    ...(captions && { captions }),
    fuse: (images, texts) =>
      tidyTree(() => {
        const joint: Tensor2D = mul(embed(images), embed(texts));
        return { joint, match: sum<Tensor1D>(joint, 1) };
      }),
    score,
    ...embedding,
  };
  return loss.compute(params, outputs, batch, ctx);
}

/** The differentiable tensors of a case by path: `image.tokens` and so on. */
export function featureParts({ image, text, negatives, captions }: LossCase): Params {
  const parts: Record<string, Features['tokens' | 'pooled']> = {
    ...(captions && { 'captions.logits': captions.logits }),
  };
  for (const [name, features] of Object.entries({ image, text, negatives })) {
    if (features === undefined) continue;
    parts[`${name}.tokens`] = features.tokens;
    parts[`${name}.pooled`] = features.pooled;
  }
  return parts;
}

/** The case with the tensors of {@link featureParts} replaced by `parts`. */
export function withFeatureParts(given: LossCase, parts: Params): LossCase {
  const replaced = (name: string, { mask }: Features): Features => ({
    tokens: parameter<Tensor3D>(parts, `${name}.tokens`),
    mask,
    pooled: parameter<Tensor2D>(parts, `${name}.pooled`),
  });
  return {
    ...given,
    image: replaced('image', given.image),
    text: replaced('text', given.text),
    ...(given.negatives && { negatives: replaced('negatives', given.negatives) }),
    ...(given.captions && {
      captions: { ...given.captions, logits: parameter<Tensor3D>(parts, 'captions.logits') },
    }),
  };
}

/** [B, D] unit vectors that depend on tokens, mask and summary. */
function embed({ tokens, mask, pooled }: Features): Tensor2D {
  return normalize(add<Tensor2D>(pooled, maskedMean(tokens, mask)));
}

/** The same pairs in a different order. */
export function permutedCase(given: LossCase, order: readonly number[]): LossCase {
  const { batch, image, text, negatives, teacher, captions } = given;
  const perPair = negatives === undefined ? 0 : negatives.mask.shape[0] / batch.size;
  const spread = order.flatMap((row) =>
    Array.from({ length: perPair }, (_, k) => row * perPair + k),
  );
  return {
    embeds: given.embeds,
    batch: {
      ...batch,
      ids: order.map((row) => batch.ids[row]!),
      groups: order.map((row) => batch.groups[row]!),
      text: takeRows(batch.text as object, order),
      ...(negatives && { negatives: takeRows(batch.negatives as object, spread) }),
    },
    image: takeRows(image, order),
    text: takeRows(text, order),
    ...(negatives && { negatives: takeRows(negatives, spread) }),
    ...(teacher && {
      teacher: { image: takeRows(teacher.image, order), text: takeRows(teacher.text, order) },
    }),
    ...(captions && { captions: takeRows(captions, order) }),
  };
}
