import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Features, FeatureSpec } from './features';

/** What fusing B aligned pairs gives. */
export interface Fused {
  /** [B, D] the joint representation, for classification and answering heads. */
  readonly joint: Tensor2D;
  /** [B] how well image b and text b match: a logit, larger is better. */
  readonly match: Tensor1D;
}

/**
 * Joins the features of an image and a text.
 *
 * The leak rule: row b of {@link fuse} depends on image b and text b alone, and
 * `score(images, texts)[i][j]` equals `fuse(image i, text j).match`. So permuting the
 * texts permutes the columns of the scores and changes nothing else: no operation can
 * know which pairs are true. The conformance suite (`@crossweave/core/testing`) checks it.
 */
export interface Fusion {
  readonly name: string;
  readonly family: 'early' | 'late' | 'cross-attention' | (string & {});
  /** Whether `score` is one matrix product of embeddings (cheap) or joint per pair (B_i·B_t passes). */
  readonly scoring: 'separable' | 'joint';
  init(key: Key, image: FeatureSpec, text: FeatureSpec): Params;
  /** Aligned pairs: B images with B texts. */
  fuse(params: Params, image: Features, text: Features, ctx: Context): Fused;
  /** Every image against every text: [B_i, B_t] logits. */
  score(params: Params, image: Features, text: Features, ctx: Context): Tensor2D;
  /**
   * Present on separable fusions: unit-norm embeddings [B, E] of either side. Their
   * products are the cosine similarities c behind `score`, which is a·c + b with scalars
   * a > 0 and b of the fusion's own. What an index stores and a contrastive loss reads.
   */
  embed?(params: Params, side: 'image' | 'text', features: Features, ctx: Context): Tensor2D;
}
