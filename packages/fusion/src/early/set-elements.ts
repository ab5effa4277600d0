import { concat, mul, slice, softmax, stack, tanh, unstack } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  type Context,
  type FeatureSpec,
  type Key,
  type Params,
} from '@crossweave/core';
import { boolean, count, oneOf, type Checks } from '@crossweave/core/authoring';
import { dropout as drop, initLinear, linear, normalize, relu } from '@crossweave/core/nn';
import type { Side } from '../features';
import {
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '../late/pooled-fusion';

/** `dropout` acts on both projected summaries and between the layers of the MLP. */
export interface SetOptions extends PooledFusionOptions {
  /** Width of the MLP's hidden layer. Default 256. */
  hidden?: number;
  /**
   * Whether the two elements are weighted by attention, with logits from a small network on each.
   * Default false.
   */
  attention?: boolean;
  /** Hidden width of the attention network. Default 128. */
  attentionDim?: number;
  /**
   * The axis over which vectors are scaled to length 1: `features` (each element) or `modalities`
   * (each feature over both elements). Default `features`.
   */
  normalization?: 'features' | 'modalities';
}

export const setDefaults = {
  ...pooledFusionDefaults,
  hidden: 256,
  attention: false,
  attentionDim: 128,
  normalization: 'features',
} as const satisfies Required<SetOptions>;

export const setChecks: Checks<SetOptions> = {
  ...pooledFusionChecks,
  hidden: count(),
  attention: boolean(),
  attentionDim: count(),
  normalization: oneOf('features', 'modalities'),
};

/** One side's element of the set. */
export interface SetElement {
  /** [B, D] */
  readonly value: Tensor2D;
  /** [B, 1], with `attention`: the weights of the elements are the softmax of both logits. */
  readonly logit?: Tensor2D;
}

export type SetSettings = Required<SetOptions>;

/**
 * TorchMultimodal's names: `projections.{image,text}`, `attention.0`, `attention.2` (without a
 * bias, which would not change the softmax over the elements), `mlp.0`, `mlp.2`.
 */
export function initSet(
  key: Key,
  specs: Readonly<Record<Side, FeatureSpec>>,
  { dim, hidden, attention, attentionDim }: SetSettings,
): Params {
  return mergeParams(
    initLinear(key, 'projections.image', { in: specs.image.dim, out: dim }),
    initLinear(key, 'projections.text', { in: specs.text.dim, out: dim }),
    attention ? initLinear(key, 'attention.0', { in: dim, out: attentionDim }) : {},
    attention ? initLinear(key, 'attention.2', { in: attentionDim, out: 1, bias: false }) : {},
    initLinear(key, 'mlp.0', { in: dim, out: hidden }),
    initLinear(key, 'mlp.2', { in: hidden, out: dim }),
  );
}

/** The set element of each row; it depends only on the row's summary. */
export function setElement(
  params: Params,
  side: Side,
  summary: Tensor2D,
  { attention, normalization, dropout }: SetSettings,
  ctx: Context,
): SetElement {
  const projection = `projections.${side}`;
  const projected = drop(linear(params, projection, summary), dropout, ctx, projection);
  // Normalised before weighting, because normalising afterwards would undo a positive weight.
  const value = normalization === 'features' ? normalize(projected) : projected;
  if (!attention) return { value };
  const hidden = tanh(linear(params, 'attention.0', projected));
  return { value, logit: linear(params, 'attention.2', hidden) };
}

/** Both elements [B, D] of pairs, weighted and normalised according to the options. */
export function pairOfElements(
  image: SetElement,
  text: SetElement,
  { normalization }: SetSettings,
): readonly [image: Tensor2D, text: Tensor2D] {
  let pair: readonly [Tensor2D, Tensor2D] = [image.value, text.value];
  if (image.logit !== undefined && text.logit !== undefined) {
    const weights = softmax(concat([image.logit, text.logit], 1));
    const size = weights.shape[0];
    const weighed = (x: Tensor2D, side: number): Tensor2D =>
      mul(x, slice(weights, [0, side], [size, 1]));
    pair = [weighed(image.value, 0), weighed(text.value, 1)];
  }
  if (normalization === 'features') return pair;
  const [first, second] = unstack(normalize<Tensor3D>(stack([...pair], 2) as Tensor3D), 2);
  return [first as Tensor2D, second as Tensor2D];
}

/** The MLP after pooling: [B, D] → [B, D]. */
export function setMlp(params: Params, x: Tensor2D, dropout: number, ctx: Context): Tensor2D {
  const hidden = drop(relu(linear(params, 'mlp.0', x)), dropout, ctx, 'mlp.0');
  return linear(params, 'mlp.2', hidden);
}
