import { ConfigError, NonFiniteError } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

/** How {@link rerank} orders. */
export interface RerankOptions {
  /** Candidates of a query. */
  readonly width: number;
  /** How many of them are ordered anew. */
  readonly top: number;
  /** By the sum of what they had and of `score`, or by `score` alone. */
  readonly by: 'sum' | 'own';
}

/**
 * Scores in which each query's `top` best candidates are ordered anew and stand above all others,
 * which keep their order. The sum adds evidence, as in BLIP's retrieval (arXiv 2201.12086: ITM logit
 * plus similarity).
 *
 * @param scores [queries × width], row by row.
 * @param score scores for [query, candidate] pairs.
 * @throws ConfigError when `top` or `width` is no whole number ≥ 1 or sizes disagree, NonFiniteError
 * for scores that are not finite.
 */
export async function rerank(
  scores: Float64Array,
  { width, top, by }: RerankOptions,
  score: (pairs: readonly (readonly [query: number, candidate: number])[]) => Promise<Float32Array>,
): Promise<Float64Array> {
  const where = 'rerank';
  requireNumber(where, 'top', top, { integer: true, min: 1 });
  requireNumber(where, 'width', width, { integer: true, min: 1 });
  if (scores.length % width !== 0) {
    throw new ConfigError('the scores are no whole number of rows', {
      where,
      expected: `rows of ${width}`,
      got: `${scores.length} scores`,
    });
  }
  requireFinite(scores, 'the dual scores');
  const pairs: [number, number][] = [];
  for (let query = 0; query * width < scores.length; query++) {
    const row = scores.subarray(query * width, (query + 1) * width);
    for (const candidate of topCandidates(row, top)) pairs.push([query, candidate]);
  }
  const joint = await score(pairs);
  if (joint.length !== pairs.length) {
    throw new ConfigError('"score" gave another number of scores than pairs', {
      where,
      expected: pairs.length,
      got: joint.length,
    });
  }
  requireFinite(joint, 'the joint scores');
  const placeOf = (i: number): number => pairs[i]![0] * width + pairs[i]![1];
  const before = (i: number): number => (by === 'sum' ? scores[placeOf(i)]! : 0);
  const sums = Float64Array.from(joint, (value, i) => value + before(i));
  // One shift for all keeps the order within a query and lifts it above every other score.
  const lift = maximum(scores) + maximum(sums.map((value) => -value)) + 1;
  const out = scores.slice();
  sums.forEach((sum, i) => (out[placeOf(i)] = sum + lift));
  return out;
}

/** The `top` largest, by score and then by place. */
function topCandidates(row: Float64Array, top: number): number[] {
  // The sort is stable: equal scores keep their places.
  const order = Array.from(row.keys()).sort((i, j) => row[j]! - row[i]!);
  return order.slice(0, top);
}

function requireFinite(values: Float32Array | Float64Array, what: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new NonFiniteError(`${what} are not finite`, {
    where: 'rerank',
    got: `${values[at]!} at ${at}`,
  });
}

function maximum(values: Float32Array | Float64Array): number {
  let best = -Infinity;
  for (const value of values) best = Math.max(best, value);
  return best;
}
