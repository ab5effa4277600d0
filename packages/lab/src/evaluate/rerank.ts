import { ConfigError, NonFiniteError } from '@crossweave/core';

/**
 * Scores in which each query's `top` best candidates are ordered anew, by the sum of what they
 * had and of `score`, and stand above all others, which keep their order. Both are logits, so
 * the sum adds evidence (as BLIP's retrieval does, arXiv 2201.12086: ITM logit plus similarity).
 *
 * @param scores [queries × width], row by row.
 * @param score scores for [query, candidate] pairs.
 * @throws ConfigError when `top` is no whole number ≥ 1, NonFiniteError for scores that are not finite.
 */
export async function rerank(
  scores: Float64Array,
  width: number,
  top: number,
  score: (pairs: readonly (readonly [query: number, candidate: number])[]) => Promise<Float32Array>,
): Promise<Float64Array> {
  if (!Number.isSafeInteger(top) || top < 1) {
    throw new ConfigError('top is out of range', {
      where: 'rerank',
      expected: 'a whole number, 1 or more',
      got: top,
    });
  }
  requireFinite(scores, 'the dual scores');
  const pairs: [number, number][] = [];
  for (let query = 0; query * width < scores.length; query++) {
    const row = scores.subarray(query * width, (query + 1) * width);
    for (const candidate of topCandidates(row, top)) pairs.push([query, candidate]);
  }
  const joint = await score(pairs);
  requireFinite(joint, 'the joint scores');
  const placeOf = (i: number): number => pairs[i]![0] * width + pairs[i]![1];
  const sums = Float64Array.from(joint, (value, i) => value + scores[placeOf(i)]!);
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
