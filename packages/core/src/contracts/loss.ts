import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Batch } from './batch';
import type { Context } from './context';
import type { Features, PooledFeatures } from './features';
import type { Fused } from './fusion';

/**
 * Another model's view of the same batch, to be learned from: a momentum twin or a trained model.
 * Its tensors are targets: losses let no gradient into them.
 */
export interface Teacher<F extends PooledFeatures = Features> extends Pick<
  ModelOutputs<F>,
  'image' | 'text' | 'score' | 'embed'
> {
  /** Earlier batches, further candidates beside the batch's own. */
  readonly queue?: EmbeddingQueue;
}

/** Embeddings of earlier pairs, by a teacher. */
export interface EmbeddingQueue {
  /** [Q, E], of unit length; zeros where the place is empty. */
  readonly image: Tensor2D;
  /** [Q, E]. */
  readonly text: Tensor2D;
  /** [Q] identities of their images, as {@link Batch.groups}; null: an empty place, to be left out. */
  readonly groups: readonly (string | null)[];
  /** [Q] identities of their texts, as {@link Batch.captions}; null: not known. Absent: none is known. */
  readonly captions?: readonly (string | null)[];
}

/** What a text decoder predicts: position n is scored before it is seen. */
export interface CaptionLogits {
  /** [B, N, V] over a vocabulary of V. */
  readonly logits: Tensor3D;
  /** [B, N] int32, the right ids, aligned with `logits`. */
  readonly targets: Tensor2D;
  /** [B, N], 1 = counts, 0 = padding. */
  readonly mask: Tensor2D;
}

/**
 * What a model's forward pass gives a loss: features of the batch, and the fusion's two
 * operations with the model's parameters already applied.
 *
 * A loss that reads no tokens sees `ModelOutputs<PooledFeatures>`, whatever the model has. Hence
 * the operations are methods, which stand for wider arguments too: what they are given must be
 * made of these features (rows taken, repeated, joined), which are as complete as the model's.
 */
export interface ModelOutputs<F extends PooledFeatures = Features> {
  /** B rows. */
  readonly image: F;
  /** B rows, aligned with `image`. */
  readonly text: F;
  /** B·K rows, row b·K + k is false of image b. Absent when the batch has none. */
  readonly negatives?: F;
  /** Fuses aligned pairs of any features (the batch's rows, gathered or repeated). */
  fuse(image: F, text: F): Fused;
  /** [B_i, B_t] logits of every image against every text. */
  score(image: F, text: F): Tensor2D;
  /**
   * Present when the fusion has embeddings: unit-norm [B, E] of either side. A contrastive
   * loss takes its cosines from here, so that its temperature is the only scale in it;
   * `score` and `fuse().match` carry the fusion's own scale and bias.
   */
  embed?(side: 'image' | 'text', features: F): Tensor2D;
  /** Present when training has a second model to learn from. */
  readonly teacher?: Teacher<F>;
  /** Present when the model writes captions. */
  readonly captions?: CaptionLogits;
}

export interface LossResult {
  /** What is differentiated. */
  readonly total: Scalar;
  /**
   * Parts and figures to log, by name; gradients do not flow from them. A loss that contrasts tells
   * `negatives`, how many negatives a row has on average (in a sum `<loss>.negatives`): where it is 0
   * the loss has nothing to tell apart, and `train` says so. A share of rows (`accuracy`) is of those
   * that have a negative, and is absent where none has.
   */
  readonly terms: Readonly<Record<string, Scalar>>;
}

/**
 * A training objective; pure, its own parameters (a temperature) in its own tree. `F` is the
 * least it reads of features: a `Loss<PooledFeatures>` trains any model, a `Loss` one with tokens.
 */
export interface Loss<F extends PooledFeatures = Features> {
  readonly name: string;
  readonly init?: (key: Key) => Params;
  readonly compute: (
    params: Params,
    outputs: ModelOutputs<F>,
    batch: Batch<unknown, unknown>,
    ctx: Context,
  ) => LossResult;
  /**
   * The total of a model that knows nothing, for a batch of that size with K hard
   * `negatives` a pair (default 0): the line logs draw.
   */
  readonly chance?: (batchSize: number, negatives?: number) => number;
}
