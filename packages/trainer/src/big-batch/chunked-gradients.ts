import {
  add,
  concat,
  dispose,
  keep,
  mul,
  reshape,
  slice,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  partition,
  scoped,
  subtree,
  treeGradients,
  withoutRecord,
  type Batch,
  type Context,
  type ModelOutputs,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import type { Gradients, Objective } from '../gradients';
import { sliceBatch } from './slice-batch';

/** Embeddings by side: `image`, `text`, and `negatives` where there are some; [b, E] each. */
type Embedded = Record<string, Tensor2D>;

export interface ChunkedStep<Image, Text, F extends PooledFeatures> extends Objective<
  Image,
  Text,
  F
> {
  readonly trainable: Params;
  readonly fixed: Params;
  readonly batch: Batch<Image, Text>;
  readonly ctx: Context;
  /** Pairs in a chunk; the last may be smaller. */
  readonly chunk: number;
}

/**
 * The gradients of a batch with the activations of one chunk alive at a time (GradCache, Gao et al.
 * 2021): embeddings of all chunks without a tape, the loss's gradients by the embeddings, then each
 * chunk once more with those gradients carried on. What was computed is read between the chunks, so
 * that a lazy engine computes a graph for a chunk and none for the batch. The caller disposes every
 * tensor of the result.
 *
 * @throws ConfigError for a fusion without embeddings, or a loss that reads more than them.
 */
export async function chunkedGradients<Image, Text, F extends PooledFeatures>(
  step: ChunkedStep<Image, Text, F>,
): Promise<Gradients> {
  const { trainable, batch, chunk } = step;
  const starts = Array.from({ length: Math.ceil(batch.size / chunk) }, (_, i) => i * chunk);
  const [ofLoss, ofModel] = partition(trainable, (path) => path.startsWith('loss.'));
  const held: Tensor[] = [];
  try {
    const embedded: Embedded[] = [];
    for (const from of starts) {
      const part = tidy(() => embed(step, ofModel, from, true));
      held.push(...Object.values(part));
      await computed(Object.values(part)[0]!);
      embedded.push(part);
    }
    const { total, terms, slopes, gradients: lossGradients } = contrast(step, ofLoss, embedded);
    held.push(...Object.values(slopes));
    await computed(total);

    let gradients: Record<string, Tensor> = {};
    const recorded: Record<string, Tensor> = {};
    for (const [i, from] of starts.entries()) {
      const next = tidy(() => carriedOn(step, ofModel, from, i, embedded, slopes, recorded));
      const sums = tidy(() => summed(gradients, next));
      dispose([...Object.values(gradients), ...Object.values(next)]);
      gradients = sums;
      const first = Object.values(sums)[0];
      if (first !== undefined) await computed(first);
    }
    return { total, terms, gradients: { ...gradients, ...lossGradients }, recorded };
  } finally {
    dispose(held);
  }
}

/** Waits until an engine has computed a tensor, and with it all that is held. */
async function computed(x: Tensor): Promise<void> {
  const one = tidy(() => slice(reshape(x, [-1]), 0, 1));
  await one.data();
  one.dispose();
}

/** The embeddings of the chunk that begins at `from`. */
function embed<Image, Text, F extends PooledFeatures>(
  { model, fixed, batch, chunk, ctx }: ChunkedStep<Image, Text, F>,
  trainable: Params,
  from: number,
  silent: boolean,
  record?: NonNullable<Context['record']>,
): Embedded {
  const own: Context = { ...ctx, key: foldIn(ctx.key, from), ...(record && { record }) };
  const part = sliceBatch(batch, from, Math.min(chunk, batch.size - from));
  const outputs = model.forward(
    { ...fixed, ...trainable },
    part,
    silent ? withoutRecord(own) : own,
  );
  if (outputs.embed === undefined) {
    throw new ConfigError('"chunk" needs embeddings, and the fusion has none', {
      where: 'train',
      expected: 'a separable fusion, whose model outputs have embed()',
      advice: 'Use a dual encoder, or leave chunk out and accumulate batches.',
    });
  }
  const { image, text, negatives } = outputs;
  return {
    image: outputs.embed('image', image),
    text: outputs.embed('text', text),
    ...(negatives && { negatives: outputs.embed('text', negatives) }),
  };
}

/** The loss over all embeddings, its gradients by them and by its own parameters. */
function contrast<Image, Text, F extends PooledFeatures>(
  { loss, fixed, batch, ctx }: ChunkedStep<Image, Text, F>,
  ofLoss: Params,
  embedded: readonly Embedded[],
): { total: Scalar; terms: Record<string, Scalar>; slopes: Embedded; gradients: Params } {
  const terms: Record<string, Scalar> = {};
  const found = tidy(() => {
    const all = Object.fromEntries(
      Object.keys(embedded[0]!).map((side) => [
        side,
        concat<Tensor2D>(
          embedded.map((part) => part[side]!),
          0,
        ),
      ]),
    );
    const { value, gradients } = treeGradients(
      (): Scalar => {
        const params = subtree({ ...fixed, ...ofLoss }, 'loss.');
        // The type says what the loss reads of features; refuse() sees to it that it reads no more.
        const outputs = embeddingOutputs(all) as unknown as ModelOutputs<F>;
        const result = loss.compute(params, outputs, batch, scoped(ctx, 'loss.'));
        for (const [name, term] of Object.entries(result.terms)) terms[name] = keep(term.clone());
        return result.total;
      },
      { ...all, ...ofLoss },
    );
    return { ...gradients, total: value };
  });
  const { total, ...gradients } = found;
  const [own, slopes] = partition(gradients, (path) => path.startsWith('loss.'));
  return { total: total, terms, slopes: slopes as Embedded, gradients: own };
}

/** A model that is its embeddings. */
function embeddingOutputs(all: Embedded): ModelOutputs<PooledFeatures> {
  const refuse = (what: string): never => {
    throw new ConfigError(`"chunk" is for losses of embeddings, and this one reads ${what}`, {
      where: 'train',
      advice: 'Train it on batches in one piece, or accumulate several.',
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

/** The gradients of one chunk, by those of its embeddings. */
function carriedOn<Image, Text, F extends PooledFeatures>(
  step: ChunkedStep<Image, Text, F>,
  trainable: Params,
  from: number,
  index: number,
  embedded: readonly Embedded[],
  slopes: Embedded,
  recorded: Record<string, Tensor>,
): Record<string, Tensor> {
  const record = (path: string, value: Tensor): void => {
    recorded[path]?.dispose();
    recorded[path] = keep(value);
  };
  const { gradients } = treeGradients((): Scalar => {
    const again = embed(step, trainable, from, false, record);
    const parts = Object.entries(again)
      .filter(([side]) => side in slopes)
      .map(([side, rows]): Scalar => sum(mul(rows, rowsOf(slopes, embedded, side, index))));
    return parts.reduce((all, part) => add(all, part));
  }, trainable);
  return { ...gradients };
}

/** The rows of chunk `at` of what stands for all rows of a side. */
function rowsOf(
  slopes: Embedded,
  embedded: readonly Embedded[],
  side: string,
  at: number,
): Tensor2D {
  const before = embedded.slice(0, at).reduce((rows, part) => rows + part[side]!.shape[0], 0);
  return slice<Rank.R2, Tensor2D>(slopes[side]!, [before, 0], embedded[at]![side]!.shape);
}

/** Sums by path; a path that one of them lacks is that of the other. */
export function summed(a: Params, b: Params): Record<string, Tensor> {
  const paths = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...paths].map((path): [string, Tensor] => {
      const [left, right] = [a[path], b[path]];
      if (left === undefined) return [path, right!.clone()];
      return [path, right === undefined ? left.clone() : add(left, right)];
    }),
  );
}
