import {
  add,
  argMax,
  cast,
  equal,
  log,
  mul,
  range,
  reshape,
  softmax,
  stack,
  sub,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  hostValue,
  uniformArray,
  type HostValue,
  type Key,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { boolean } from '@crossweave/core/authoring';
import { normalize, select, stopGradient } from '@crossweave/core/nn';
import { fixedTemperatureCheck } from '../option-checks';
import { cosines } from '../similarities';
import { excluded, negativeCounts, negativeMask, type RowSets } from '../same';

export interface DrawOptions {
  /** Whether to draw by similarity instead of uniformly. */
  readonly hard: boolean;
  /** T of the softmax over similarities that gives the probabilities. */
  readonly drawTemperature: number;
}

/** Checks of the options of drawing. */
export const drawChecks = { hard: boolean(), drawTemperature: fixedTemperatureCheck };

export interface Draw {
  /** [B·count] int32, rows of the other side: entry b·count + s is draw s for row b. */
  readonly rows: Tensor1D;
  /** [B·count]: 0 where row b has no further negative in the batch, else 1. */
  readonly valid: HostValue<readonly number[]>;
}

/**
 * Added to the probability of each negative after the softmax, so that rounding excludes no
 * negative.
 */
const floor = 1e-4;

/**
 * Draws `count` different in-batch negatives for each row, from the rows that are not in `right`,
 * with probability softmax(similarity / T) + 1e-4 (ALBEF, arXiv 2107.07651; the constant is added
 * after the softmax as in BLIP; inside the softmax it would have no effect). Sampling adds Gumbel
 * noise and takes the largest values, so no values have to be read from the engine.
 *
 * @param similarity [B, B] whose row b scores the candidates of row b.
 * @param size B.
 */
export function drawNegatives(
  key: Key,
  similarity: () => Tensor2D,
  right: HostValue<RowSets>,
  size: number,
  count: number,
  { hard, drawTemperature }: DrawOptions,
): Draw {
  const shape: [number, number] = [size, size];
  const rows = tidy(() => {
    const allowed = negativeMask(right, size);
    const refused = sub<Tensor2D>(1, allowed);
    const exclusion = mul<Tensor2D>(refused, excluded);
    const noise = hostValue(key).tensor<Rank.R2>((own) => gumbel(own, size * size), shape);
    let weights = add<Tensor2D>(exclusion, noise);
    if (hard) {
      const scaled = mul(stopGradient(similarity()), 1 / drawTemperature);
      const chances = softmax(add(scaled, exclusion));
      // Entries that are not allowed become log 1 = 0; the term above excludes them.
      weights = add(weights, log(add(mul(add(chances, floor), allowed), refused)));
    }
    const drawn: Tensor1D[] = [];
    for (let s = 0; s < count; s++) {
      const row = argMax<Tensor1D>(weights, 1);
      drawn.push(row);
      const taken = equal(reshape(row, [size, 1]), range(0, size, 1, 'int32'));
      weights = add(weights, mul(cast(taken, 'float32'), 2 * excluded));
    }
    return reshape<Rank.R1>(stack(drawn, 1), [size * count]);
  });
  const valid = right.map((sets) =>
    negativeCounts(sets).flatMap((negatives) =>
      Array.from({ length: count }, (_, s) => (s < negatives ? 1 : 0)),
    ),
  );
  return { rows, valid };
}

/**
 * [B, B] similarity of image i and text j: the cosine of their embeddings. For a fusion without
 * embeddings it is the cosine of the summaries of text i and text j (0 if one is missing).
 */
export function textSimilarity(outputs: ModelOutputs<PooledFeatures>): Tensor2D {
  const { image, text } = outputs;
  return outputs.embed === undefined
    ? cosines(directions(text), directions(text))
    : cosines(outputs.embed('image', image), outputs.embed('text', text));
}

/** [B, B] similarity of text i and image j, as {@link textSimilarity}. */
export function imageSimilarity(outputs: ModelOutputs<PooledFeatures>): Tensor2D {
  const { image } = outputs;
  return outputs.embed === undefined
    ? cosines(directions(image), directions(image))
    : transpose(textSimilarity(outputs));
}

/** Summaries scaled to unit length; zeros for missing rows, whose values are unspecified. */
function directions({ pooled, present }: PooledFeatures): Tensor2D {
  if (present === undefined) return normalize(pooled);
  return normalize(select<Tensor2D>(reshape(present, [-1, 1]), pooled, 0));
}

/** Standard Gumbel numbers −ln(−ln u); half a step keeps u within (0, 1). */
function gumbel(key: Key, count: number): Float32Array {
  const out = uniformArray(key, count);
  for (let i = 0; i < count; i++) out[i] = -Math.log(-Math.log(out[i]! + 2 ** -25));
  return out;
}
