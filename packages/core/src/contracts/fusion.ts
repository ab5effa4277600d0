import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Context } from './context';
import type { Features, FeatureSpec, PooledFeatures } from './features';
import type { Configured } from './part-config';

/** The result of fusing B aligned pairs. */
export interface Fused {
  /** [B, D] the joint representation, for classification and answering heads. */
  readonly joint: Tensor2D;
  /** [B] the match logit of image b and text b; larger means a better match. */
  readonly match: Tensor1D;
}

/**
 * Joins the features of an image and a text.
 *
 * The leak rule: row b of {@link fuse} depends on image b and text b only, and `score(images,
 * texts)[i][j]` equals `fuse(image i, text j).match`. So permuting the texts permutes the columns
 * of the scores and changes nothing else: a fusion cannot know which pairs are true. The
 * conformance suite (`@crossweave/core/testing`) checks the rule.
 *
 * `In` is the kind of features the fusion needs. A `Fusion<PooledFeatures>` is accepted wherever a
 * `Fusion` is; the compiler refuses a fusion that reads tokens where there are only summaries. (For
 * that the operations are properties: the compiler checks the arguments of methods less strictly.)
 */
export interface Fusion<In extends PooledFeatures = Features> extends Configured {
  readonly name: string;
  readonly family: 'early' | 'late' | 'cross-attention' | (string & {});
  /**
   * `'separable'`: `score` is one matrix product of embeddings. `'joint'`: `score` fuses each of
   * the B_i·B_t pairs.
   */
  readonly scoring: 'separable' | 'joint';
  /**
   * `In` at run time, for configs: `'pooled'` when the fusion never reads `tokens` and `mask`. A
   * fusion that reads tokens is refused with an encoder that gives none. Default `'tokens'`.
   */
  readonly reads?: 'pooled' | 'tokens';
  /**
   * Whether the fusion accepts features with `present`. Default false; `withMissingModality` adds
   * it to a fusion.
   */
  readonly takesMissing?: boolean;
  /**
   * The initial parameters. A buffer (a tensor that is drawn once and never trained) has a path
   * whose last segment begins with `buffer_`; `isBuffer` lists PyTorch's buffer names, which count
   * as well.
   */
  readonly init: (key: Key, image: FeatureSpec, text: FeatureSpec) => Params;
  /**
   * Whether `fuse` also takes m images with m·n texts, where texts i·n to i·n + n − 1 belong to image
   * i. What depends on the image alone is then computed once for its n texts. Default false: the
   * caller repeats the images.
   */
  readonly sharesImages?: boolean;
  /** Fuses aligned pairs: image b with text b. See also {@link sharesImages}. */
  readonly fuse: (params: Params, image: In, text: In, ctx: Context) => Fused;
  /** The match logits [B_i, B_t] of every image with every text. */
  readonly score: (params: Params, image: In, text: In, ctx: Context) => Tensor2D;
  /**
   * Unit-norm embeddings [B, E] of one side; present on separable fusions. Their products are
   * cosine similarities c, and `score` is a·c + b with scalars a > 0 and b of the fusion. A search
   * index stores these embeddings, and contrastive losses read them.
   */
  readonly embed?: (params: Params, side: 'image' | 'text', features: In, ctx: Context) => Tensor2D;
}
