import { add, concat, dispose, keep, mul, scalar, slice, sum, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
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

/** What a loss of a whole batch needs of a chunk of b pairs. */
export interface ChunkEmbeddings {
  /** [b, E], of unit length, as `embed` gives them. */
  readonly image: Tensor2D;
  /** [b, E]. */
  readonly text: Tensor2D;
  /** [b·K, E], where the batch has hard negatives. */
  readonly negatives?: Tensor2D;
}

export interface CachedContrast<Chunk> {
  /** Of embeddings alone: any contrast or regulariser that does not fuse pairs or read tokens. */
  readonly loss: Loss<PooledFeatures>;
  /** The loss's own parameters. */
  readonly lossParams: Params;
  /** What `encode` reads; gradients are taken of all of it. */
  readonly params: Params;
  /** The pairs of the batch in their order, cut into chunks. */
  readonly chunks: readonly Chunk[];
  /** Encodes a chunk; called twice under the same key, so it draws the same dropout twice. */
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

/** The caller disposes every tensor of it; `terms` outlive an enclosing `tidy`. */
export interface CachedGradients {
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** By path of `params`; those the loss does not depend on are absent. */
  readonly gradients: Params;
  /** By path of `lossParams`. */
  readonly lossGradients: Params;
}

/**
 * The loss of a large batch and its exact gradients with the activations of one chunk alive at a
 * time (GradCache, arXiv 2101.06983): embeddings of all chunks are made without a tape, the loss is
 * differentiated by the embeddings and by its own parameters, once, over the whole batch; then
 * each chunk is encoded again and the gradients of its embeddings are carried on. It costs one more
 * forward pass. Multiple negatives ranking under it is sentence-transformers' cached form.
 *
 * Equal to the gradients of the batch in one piece for encoders that treat rows apart. Batch norm
 * in training does not: its statistics are those of the chunk. Dropout is that of the chunk's key,
 * foldIn(ctx.key, chunk). Statistics are recorded in the second pass alone.
 *
 * @throws ConfigError for a wrong option or a loss that reads more than embeddings, ShapeError when the chunks' rows
 * are not the batch's.
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

/** The loss over all embeddings, with its gradients by them (`image`…) and by its own (`loss.`). */
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
    throw new ShapeError('the chunks are not the batch', {
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

/** A model that is its embeddings. Losses of tokens do not fit it by their type. */
function embeddingOutputs(all: Readonly<Record<string, Tensor2D>>): ModelOutputs<PooledFeatures> {
  const refuse = (what: string): never => {
    throw new ConfigError(`the loss reads ${what}, and there are embeddings alone`, {
      where: 'cachedContrastive',
      advice: 'Train it on the batch in one piece.',
    });
  };
  const side = (pooled: Tensor2D): PooledFeatures => ({ pooled });
  return {
    image: side(all['image']!),
    text: side(all['text']!),
    ...(all['negatives'] && { negatives: side(all['negatives']) }),
    fuse: () => refuse('fused pairs'),
    score: () => refuse("the fusion's scores"),
    embed: (_, { pooled }) => pooled,
  };
}

/** The rows of chunk `at` of what stands for all rows of a side. */
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

/** tfjs's `tidy`, for trees. */
function tidyRecord<T extends Tensor>(make: () => Readonly<Record<string, T>>): Record<string, T> {
  return tidy(() => ({ ...make() }));
}
