import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Features, FeatureSpec, PooledFeatures } from './features';

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
 *
 * `In` is the least it reads. A `Fusion<PooledFeatures>` stands wherever a `Fusion` does; one
 * that reads tokens is refused where only summaries are. (The operations are properties, since
 * the compiler checks a method's arguments both ways.)
 */
export interface Fusion<In extends PooledFeatures = Features> {
  readonly name: string;
  readonly family: 'early' | 'late' | 'cross-attention' | (string & {});
  /** Whether `score` is one matrix product of embeddings (cheap) or joint per pair (B_i·B_t passes). */
  readonly scoring: 'separable' | 'joint';
  /**
   * `In` at run time, for configs: `'pooled'` when it never looks at `tokens` and `mask`. A fusion
   * that reads tokens is refused over an encoder without any. Default `'tokens'`.
   */
  readonly reads?: 'pooled' | 'tokens';
  /** Whether features may have `present`. Default false: `withMissingModality` makes it true. */
  readonly takesMissing?: boolean;
  /**
   * The first parameters. A number that is drawn once and never trained (a buffer) has a path whose
   * last segment begins with `buffer_`; `isBuffer` lists the names of PyTorch that count as well.
   */
  readonly init: (key: Key, image: FeatureSpec, text: FeatureSpec) => Params;
  /** Aligned pairs: B images with B texts. */
  readonly fuse: (params: Params, image: In, text: In, ctx: Context) => Fused;
  /** Every image against every text: [B_i, B_t] logits. */
  readonly score: (params: Params, image: In, text: In, ctx: Context) => Tensor2D;
  /**
   * Present on separable fusions: unit-norm embeddings [B, E] of either side. Their
   * products are the cosine similarities c behind `score`, which is a·c + b with scalars
   * a > 0 and b of the fusion's own. What an index stores and a contrastive loss reads.
   */
  readonly embed?: (params: Params, side: 'image' | 'text', features: In, ctx: Context) => Tensor2D;
}
