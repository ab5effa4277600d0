import { add, concat, dispose, keep, mul, scalar, slice, sum, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  outputsOfEmbeddings,
  subtree,
  treeGradients,
  withOwnKey,
  withPrefix,
  withoutRecord,
} from '@crossweave/core';
import type { Context, Loss, ModelOutputs, Params, PooledFeatures } from '@crossweave/core';
import {
  anything,
  batch as batchCheck,
  callback,
  checkOptions,
  context as contextCheck,
  listOf,
  paramTree,
  type Checks,
} from '@crossweave/core/authoring';
import { lossCheck } from '../combination/parts';
import type { AnyBatch } from '../rows';

/** The embeddings of a chunk of b pairs. */
export interface ChunkEmbeddings {
  /** [b, E] image embeddings of unit length, as `embed` gives them. */
  readonly image: Tensor2D;
  /** [b, E] text embeddings. */
  readonly text: Tensor2D;
  /** [b·K, E] embeddings of the hard negatives, if the batch has any. */
  readonly negatives?: Tensor2D;
}

export interface CachedContrast<Chunk> {
  /**
   * A loss that reads only embeddings: contrastive losses and regularisers that do not fuse pairs
   * or read tokens.
   */
  readonly loss: Loss<PooledFeatures>;
  /** The parameters of the loss. */
  readonly lossParams: Params;
  /** The parameters of `encode`; gradients are computed for all of them. */
  readonly params: Params;
  /** The pairs of the batch in order, split into chunks. */
  readonly chunks: readonly Chunk[];
  /** Encodes a chunk. It is called twice with the same key, so both calls have the same dropout. */
  readonly encode: (params: Params, chunk: Chunk, ctx: Context) => ChunkEmbeddings;
  /** Sizes and identities of the whole batch. */
  readonly batch: AnyBatch;
  readonly ctx: Context;
}

const checks: Checks<CachedContrast<unknown>> = {
  loss: lossCheck,
  lossParams: paramTree(),
  params: paramTree(),
  chunks: listOf(anything(), { min: 1 }),
  encode: callback('(params, chunk, ctx) => { image, text }'),
  batch: batchCheck(),
  ctx: contextCheck(),
};

/** The caller disposes all tensors; `terms` outlive an enclosing `tidy`. */
export interface CachedGradients {
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** Gradients by path of `params`. Paths on which the loss does not depend are absent. */
  readonly gradients: Params;
  /** Gradients by path of `lossParams`. */
  readonly lossGradients: Params;
}

/**
 * The loss of a large batch and its exact gradients, with the activations of only one chunk in
 * memory at a time (GradCache, arXiv 2101.06983). First all chunks are encoded without gradients.
 * Then the loss of the whole batch is differentiated with respect to the embeddings and its own
 * parameters. Last, each chunk is encoded again, and the gradients of its embeddings are propagated
 * to `params`. The price is a second forward pass. With multiple negatives ranking it is
 * sentence-transformers' CachedMultipleNegativesRankingLoss.
 *
 * The gradients equal those of the whole batch if the encoder treats rows independently. Batch norm
 * in training does not: it uses the statistics of the chunk. Dropout depends on the key of the
 * chunk, foldIn(ctx.key, chunk). Running statistics are recorded in the second pass only.
 *
 * @throws ConfigError for a wrong option or a loss that reads more than embeddings, ShapeError when
 *   the chunks do not have as many rows as the batch.
 */
export function cachedContrastive<Chunk>(given: CachedContrast<Chunk>): CachedGradients {
  checkOptions<CachedContrast<unknown>>(
    'cachedContrastive',
    given as CachedContrast<unknown>,
    checks,
    ['loss', 'lossParams', 'params', 'chunks', 'encode', 'batch', 'ctx'],
  );
  const { params, chunks, encode, ctx } = given;
  const context = (i: number): Context => withOwnKey(ctx, i);
  const terms: Record<string, Scalar> = {};
  const kept = tidy(() => {
    const embedded = chunks.map((chunk, i) =>
      tidyRecord(() => present(encode(params, chunk, withoutRecord(context(i))))),
    );
    const { total, slopes } = contrastSlopes(given, embedded, terms);
    const gradients: Record<string, Tensor> = {};
    chunks.forEach((chunk, i) => {
      const found = tidyRecord(
        () =>
          treeGradients((): Scalar => {
            const again = present(encode(params, chunk, context(i)));
            return Object.entries(again)
              .filter(([side]) => side in slopes)
              .map(([side, rows]): Scalar => sum(mul(rows, rowsOf(slopes, embedded, side, i))))
              .reduce((all, part) => add(all, part), scalar(0));
          }, params).gradients,
      );
      for (const [path, gradient] of Object.entries(found)) {
        const before = gradients[path];
        gradients[path] = before === undefined ? gradient : add(before, gradient);
        if (before !== undefined) dispose([before, gradient]);
      }
    });
    return {
      ...withPrefix('params.', gradients),
      ...withPrefix('loss.', subtree(slopes, 'loss.')),
      total,
    };
  });
  return {
    total: kept.total,
    terms,
    gradients: subtree(kept, 'params.'),
    lossGradients: subtree(kept, 'loss.'),
  };
}

/**
 * The loss of all embeddings, with gradients for the embeddings (`image`…) and for the parameters
 * of the loss (`loss.`).
 */
function contrastSlopes(
  {
    loss,
    lossParams,
    batch,
    ctx,
  }: Pick<CachedContrast<unknown>, 'loss' | 'lossParams' | 'batch' | 'ctx'>,
  embedded: readonly Record<string, Tensor2D>[],
  terms: Record<string, Scalar>,
): { total: Scalar; slopes: Params } {
  const all = Object.fromEntries(
    Object.keys(embedded[0] ?? {}).map((side) => [
      side,
      concat<Tensor2D>(
        embedded.map((part) => part[side]!),
        0,
      ),
    ]),
  );
  const rows = all['image']?.shape[0] ?? 0;
  if (rows !== batch.size) {
    throw new ShapeError('the chunks and the batch have different numbers of pairs', {
      where: 'cachedContrastive',
      expected: `${batch.size} pairs`,
      got: `${rows} pairs in ${embedded.length} chunks`,
    });
  }
  const { value: total, gradients: slopes } = treeGradients(
    () => {
      const result = loss.compute(lossParams, embeddingOutputs(all), batch, ctx);
      for (const [name, term] of Object.entries(result.terms)) terms[name] = keep(term.clone());
      return result.total;
    },
    { ...all, ...withPrefix('loss.', lossParams) },
  );
  return { total, slopes };
}

/**
 * Model outputs that consist of embeddings only. The type of a loss that reads tokens does not
 * accept them.
 */
function embeddingOutputs(all: Readonly<Record<string, Tensor2D>>): ModelOutputs<PooledFeatures> {
  const refuse = (what: string): never => {
    throw new ConfigError(`the loss reads ${what}, and cachedContrastive has only embeddings`, {
      where: 'cachedContrastive',
      advice: 'Train this loss on whole batches, without cachedContrastive.',
    });
  };
  return outputsOfEmbeddings(all, refuse);
}

/** The rows of chunk `at` of a tensor of all rows of a side. */
function rowsOf(
  slopes: Params,
  embedded: readonly Record<string, Tensor2D>[],
  side: string,
  at: number,
): Tensor2D {
  const before = embedded.slice(0, at).reduce((rows, part) => rows + part[side]!.shape[0], 0);
  const [count, width] = embedded[at]![side]!.shape;
  return slice<Rank.R2, Tensor2D>(slopes[side] as Tensor2D, [before, 0], [count, width]);
}

function present({ image, text, negatives }: ChunkEmbeddings): Record<string, Tensor2D> {
  return { image, text, ...(negatives && { negatives }) };
}

/** tfjs's `tidy` for records of tensors. */
function tidyRecord<T extends Tensor>(make: () => Readonly<Record<string, T>>): Record<string, T> {
  return tidy(() => ({ ...make() }));
}
