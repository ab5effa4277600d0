import { matMul, tensor2d, tidy, topk, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError } from '@crossweave/core';
import { checkOptions, count, type Checks } from '@crossweave/core/authoring';
import { requireEmbeddings, type Embeddings } from '../vectors/embeddings';

/** An item that was found. */
export interface Found {
  /** Its row among the items. */
  readonly row: number;
  /** The cosine with the query, where both are of unit length. */
  readonly score: number;
}

export interface NearestOptions {
  /** Items a query, the best first; fewer where there are fewer. Default 10. */
  readonly top?: number;
  /** Items compared at a time: memory is queries × chunk numbers. Default 16384. */
  readonly chunk?: number;
}

export const nearestChecks: Checks<NearestOptions> = { top: count(), chunk: count() };

/**
 * The items nearest to each query, exactly: a matrix product over all of them, a part at a time. Of
 * equal scores the earlier row comes first.
 *
 * @throws ConfigError when queries and items are of different widths or no whole rows; NonFiniteError
 *   for a number that is none, which has no place in an order.
 */
export async function nearest(
  queries: Embeddings,
  items: Embeddings,
  options: NearestOptions = {},
): Promise<Found[][]> {
  checkOptions('nearest', options, nearestChecks);
  requireEmbeddings('nearest', 'queries', queries);
  requireEmbeddings('nearest', 'items', items);
  return nearestOf(queries, items, options);
}

/** {@link nearest} of what was checked. */
export async function nearestOf(
  queries: Embeddings,
  items: Embeddings,
  options: NearestOptions,
): Promise<Found[][]> {
  const { top = 10, chunk = 16_384 } = options;
  if (queries.dim !== items.dim) {
    throw new ConfigError('queries and items are vectors of different widths', {
      where: 'nearest',
      expected: `${items.dim}, the width of the items`,
      got: queries.dim,
      advice: 'Vectors of two models do not compare: embed both with the same one.',
    });
  }
  const best: Found[][] = Array.from({ length: queries.rows }, () => []);
  if (queries.rows === 0) return best;
  const left = matrix(queries, 0, queries.rows);
  try {
    for (let from = 0; from < items.rows; from += chunk) {
      const count = Math.min(chunk, items.rows - from);
      const found = await bestOf(left, items, from, count, Math.min(top, count));
      found.forEach((some, query) => {
        best[query] = merged(best[query]!, some, top);
      });
    }
  } finally {
    left.dispose();
  }
  return best;
}

async function bestOf(
  queries: Tensor2D,
  items: Embeddings,
  from: number,
  count: number,
  top: number,
): Promise<Found[][]> {
  const { values, indices } = tidy(() => {
    const scores = matMul(queries, matrix(items, from, count), false, true);
    return topk(scores, top) as { values: Tensor2D; indices: Tensor2D };
  });
  try {
    const [scores, rows] = [await values.data(), await indices.data()];
    return Array.from({ length: queries.shape[0] }, (_, query) =>
      Array.from({ length: top }, (_unused, i) => ({
        row: from + rows[query * top + i]!,
        score: scores[query * top + i]!,
      })),
    );
  } finally {
    [values, indices].forEach((tensor) => tensor.dispose());
  }
}

/** The best of both, earlier rows first among equals. */
function merged(earlier: readonly Found[], later: readonly Found[], top: number): Found[] {
  return [...earlier, ...later]
    .sort((a, b) => (a.score === b.score ? a.row - b.row : b.score - a.score))
    .slice(0, top);
}

function matrix({ dim, values }: Embeddings, from: number, count: number): Tensor2D {
  return tensor2d(values.subarray(from * dim, (from + count) * dim), [count, dim]);
}
