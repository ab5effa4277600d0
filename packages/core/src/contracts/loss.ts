import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Batch } from './batch';
import type { Context } from './context';
import type { Features, PooledFeatures } from './features';
import type { Fused } from './fusion';
import type { Configured } from './part-config';

/**
 * The outputs of a teacher model for the same batch; the teacher is a momentum twin or a trained
 * model. Losses use these tensors as targets and stop the gradient at them.
 */
export interface Teacher<F extends PooledFeatures = Features> extends Pick<
  ModelOutputs<F>,
  'image' | 'text' | 'score' | 'embed'
> {
  /** Embeddings of earlier batches, used as further candidates. */
  readonly queue?: EmbeddingQueue;
}

/** A teacher's embeddings of pairs of earlier batches. */
export interface EmbeddingQueue {
  /** [Q, E] image embeddings of unit length; an empty place holds zeros. */
  readonly image: Tensor2D;
  /** [Q, E] text embeddings, as `image`. */
  readonly text: Tensor2D;
  /**
   * [Q] identities of the images, as {@link Batch.groups}; null marks an empty place, which losses
   * leave out.
   */
  readonly groups: readonly (string | null)[];
  /**
   * [Q] identities of the texts, as {@link Batch.captions}; null: not known. Absent: not known for
   * any place.
   */
  readonly captions?: readonly (string | null)[];
}

/**
 * Next-token predictions of a text decoder: the logits at position n depend on the tokens before n
 * only.
 */
export interface CaptionLogits {
  /** [B, N, V] over a vocabulary of V. */
  readonly logits: Tensor3D;
  /** [B, N] int32, the true token ids, aligned with `logits`. */
  readonly targets: Tensor2D;
  /** [B, N], 1 = counts, 0 = padding. */
  readonly mask: Tensor2D;
}

/**
 * What a model's forward pass gives a loss: the features of the batch, and the fusion's operations
 * with the model's parameters already bound.
 *
 * Call `fuse`, `score` and `embed` only with rows of `image`, `text` and `negatives` (taken,
 * repeated or joined with `mapFeatures`). Features that a `Loss<PooledFeatures>` builds itself
 * would lack the tokens that the fusion reads.
 */
export interface ModelOutputs<F extends PooledFeatures = Features> {
  /** B rows. */
  readonly image: F;
  /** B rows, aligned with `image`. */
  readonly text: F;
  /** B·K rows: row b·K + k is false text k of image b. Absent when the batch has no negatives. */
  readonly negatives?: F;
  /** As {@link Fusion.sharesImages}. */
  readonly sharesImages?: boolean;
  /** Fuses aligned pairs: row i of `image` with row i of `text`. */
  fuse(image: F, text: F): Fused;
  /** [B_i, B_t] logits of every image against every text. */
  score(image: F, text: F): Tensor2D;
  /**
   * Unit-norm embeddings [B, E] of one side. Present when the fusion has embeddings. A contrastive
   * loss computes its cosines from these, so that its temperature is the only scale; `score` and
   * `fuse().match` include the fusion's own scale and bias.
   */
  embed?(side: 'image' | 'text', features: F): Tensor2D;
  /** Present when training has a teacher. */
  readonly teacher?: Teacher<F>;
  /** Present when the model writes captions. */
  readonly captions?: CaptionLogits;
}

export interface LossResult {
  /** The value that is differentiated. */
  readonly total: Scalar;
  /**
   * Scalars to log, by name; no gradient flows from them. A contrastive loss reports `negatives`,
   * the mean number of negatives of a row (`<loss>.negatives` in a weighted sum): if it is 0 the
   * loss has nothing to contrast, and `train` warns. `accuracy` is a share of the rows that have a
   * negative, and is absent when no row has one.
   */
  readonly terms: Readonly<Record<string, Scalar>>;
}

/**
 * A training objective. It is pure: its own parameters (a temperature) are a tree that it is given.
 * `F` is the kind of features it needs: a `Loss<PooledFeatures>` trains any model, a `Loss` needs a
 * model whose encoders give tokens.
 */
export interface Loss<F extends PooledFeatures = Features> extends Configured {
  readonly name: string;
  readonly init?: (key: Key) => Params;
  readonly compute: (
    params: Params,
    outputs: ModelOutputs<F>,
    batch: Batch<unknown, unknown>,
    ctx: Context,
  ) => LossResult;
  /**
   * The total of a model that has learned nothing, for a batch of `batchSize` pairs with K hard
   * `negatives` each (default 0). Logs show it as the chance level.
   */
  readonly chance?: (batchSize: number, negatives?: number) => number;
}
