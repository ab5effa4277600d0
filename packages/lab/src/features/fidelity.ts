import { ConfigError } from '@crossweave/core';
import {
  checkOptions,
  having,
  number,
  requireValue,
  type Checks,
} from '@crossweave/core/authoring';
import { retrievalPlan } from '../evaluate/plan';
import { retrievalMetrics } from '../metrics/retrieval';
import type { FeatureCache } from './encode-split';

/** How close towers in a lower precision are to the same towers in float32, on one split. */
export interface Fidelity {
  /** Mean cosine of each summary with its float32 one, and the least. */
  readonly cosine: Readonly<
    Record<'image' | 'text', { readonly mean: number; readonly least: number }>
  >;
  /**
   * Recall at 1 of retrieval by cosine, of images and of texts as queries, in float32 and low; over
   * so many queries, of which one is 1 / `queries` of recall.
   */
  readonly recall: Readonly<
    Record<
      'i2t' | 't2i',
      { readonly float32: number; readonly low: number; readonly queries: number }
    >
  >;
}

export interface FidelityLimits {
  /** The least mean cosine. Default 0.99. */
  readonly cosine?: number;
  /** The largest loss of recall at 1, as a share of all queries, either way. Default 0.01. */
  readonly recallLoss?: number;
}

const checks: Checks<FidelityLimits> = {
  cosine: number({ min: -1, max: 1 }),
  recallLoss: number({ min: 0, max: 1 }),
};

/**
 * Compares the features of one split, which two forms of the same towers gave (`encodeSplit`): in
 * float32, and in bf16 or int8. The summaries must be embeddings in one space.
 *
 * @throws ConfigError when the caches are not of the same split and widths, or the widths of images
 *   and texts differ.
 */
export function compareFidelity(float32: FeatureCache, low: FeatureCache): Fidelity {
  const where = 'compareFidelity';
  const cache = having('a FeatureCache', 'textRow');
  requireValue(where, 'float32', float32, cache);
  requireValue(where, 'low', low, cache);
  requireSame(where, float32, low);
  const recalls = [float32, low].map(recallsOf);
  const { i2t, t2i } = retrievalPlan(float32);
  const queries = { i2t: t2i.candidates, t2i: i2t.candidates };
  const recall = (side: 'i2t' | 't2i'): Fidelity['recall']['i2t'] => ({
    float32: recalls[0]![side],
    low: recalls[1]![side],
    queries: queries[side],
  });
  return {
    cosine: {
      image: cosines(float32, low, 'imageTable'),
      text: cosines(float32, low, 'textTable'),
    },
    recall: { i2t: recall('i2t'), t2i: recall('t2i') },
  };
}

/**
 * Lets towers in a lower precision pass that are as good as in float32.
 *
 * @throws ConfigError with the figures for towers beyond a limit.
 */
export function requireFidelity(fidelity: Fidelity, limits: FidelityLimits = {}): void {
  const where = 'requireFidelity';
  checkOptions(where, limits, checks);
  const { cosine = 0.99, recallLoss = 0.01 } = limits;
  for (const side of ['image', 'text'] as const) {
    const { mean, least } = fidelity.cosine[side];
    if (mean >= cosine) continue;
    throw new ConfigError(`the ${side} tower is not what it is in float32`, {
      where,
      expected: `a mean cosine of at least ${cosine}`,
      got: `${mean.toFixed(4)} (least ${least.toFixed(4)})`,
      advice,
    });
  }
  for (const side of ['i2t', 't2i'] as const) {
    const { float32, low, queries } = fidelity.recall[side];
    if (float32 - low <= recallLoss + ROUNDING) continue;
    throw new ConfigError(`the towers find less than in float32 (${side}, recall at 1)`, {
      where,
      expected: `at least ${(float32 - recallLoss).toFixed(4)}: ${float32.toFixed(4)} less ${recallLoss}`,
      got: `${low.toFixed(4)} (${queries} queries)`,
      advice,
    });
  }
}

/** Of the difference of two shares: 0.58 − 0.57 is more than 0.01 in float64. */
const ROUNDING = 1e-9;

const advice =
  'Use the float32 towers, or bf16 on processors that have it; or allow more loss by the limits.';

function requireSame(where: string, a: FeatureCache, b: FeatureCache): void {
  const facts = ({ records, imageTable, textTable }: FeatureCache): string =>
    `${records.length} records, ${textTable.rows} texts, widths ${imageTable.dim} and ${textTable.dim}`;
  const sameRecords = a.records.every(({ id }, row) => b.records[row]?.id === id);
  const isOneSpace = a.imageTable.dim === a.textTable.dim;
  if (sameRecords && isOneSpace && facts(a) === facts(b)) return;
  throw new ConfigError('the features are not of one split in one space', {
    where,
    expected: isOneSpace ? facts(a) : 'images and texts of one width',
    got: facts(b),
  });
}

function cosines(
  a: FeatureCache,
  b: FeatureCache,
  table: 'imageTable' | 'textTable',
): { mean: number; least: number } {
  let [sum, least] = [0, 1];
  const { rows } = a[table];
  for (let row = 0; row < rows; row++) {
    const cosine = cosineOf(a[table].pooled(row), b[table].pooled(row));
    sum += cosine;
    least = Math.min(least, cosine);
  }
  return { mean: sum / rows, least };
}

/** The cosine of two vectors; 1 for two zeros, 0 for one. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
    return sum;
  };
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  if (norms > 0) return dot(a, b) / norms;
  return dot(a, a) === dot(b, b) ? 1 : 0;
}

function recallsOf(cache: FeatureCache): { readonly i2t: number; readonly t2i: number } {
  const plan = retrievalPlan(cache);
  const rows = plan.captions.map(cache.textRow);
  const [images, texts] = [cache.records.length, rows.length];
  const i2t = new Float64Array(images * texts);
  const t2i = new Float64Array(texts * images);
  for (let image = 0; image < images; image++) {
    rows.forEach((row, text) => {
      const score = cosineOf(cache.imageTable.pooled(image), cache.textTable.pooled(row));
      i2t[image * texts + text] = score;
      t2i[text * images + image] = score;
    });
  }
  const at1 = (scores: Float64Array, side: 'i2t' | 't2i'): number =>
    retrievalMetrics({ ...plan[side], scores, ks: [1] }).metrics[`retrieval.${side}.r1`] ?? 1;
  return { i2t: at1(i2t, 'i2t'), t2i: at1(t2i, 't2i') };
}
