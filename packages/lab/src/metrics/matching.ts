import { ConfigError, NonFiniteError } from '@crossweave/core';
import { mean } from '../statistics/moments';
import { clusterOutcomes } from './clusters';
import type { Metrics } from './retrieval';

/** A true caption against one that is false of the same image. */
export interface Comparison {
  /** Score of the image with its true caption. */
  readonly positive: number;
  /** Score of the image with the false caption. */
  readonly negative: number;
  /** In which way the caption is false. */
  readonly kind: string;
  /** The image: comparisons of one image are one cluster. */
  readonly image: string;
}

/**
 * The share of comparisons in which the true caption scores higher, ties counted 1/2, so
 * that constant scores give 0.5: `matching.accuracy` over all, `matching.accuracy.<kind>` by kind.
 *
 * @throws NonFiniteError for a NaN score, ConfigError without comparisons.
 */
export function matchingMetrics(comparisons: readonly Comparison[]): Metrics {
  if (comparisons.length === 0) {
    throw new ConfigError('there is nothing to compare', {
      where: 'matchingMetrics',
      expected: 'one comparison or more',
    });
  }
  const kinds = [...new Set(comparisons.map(({ kind }) => kind))].sort();
  const groups: [string, readonly Comparison[]][] = [
    ['matching.accuracy', comparisons],
    ...kinds.map((kind): [string, readonly Comparison[]] => [
      `matching.accuracy.${kind}`,
      comparisons.filter((comparison) => comparison.kind === kind),
    ]),
  ];
  const metrics: Record<string, number> = {};
  const outcomes: Record<string, readonly number[]> = {};
  for (const [name, members] of groups) {
    const wins = members.map(winOf);
    metrics[name] = mean(wins);
    outcomes[name] = clusterOutcomes(
      wins,
      members.map(({ image }) => image),
    );
  }
  return { metrics, outcomes };
}

/** Infinities are. */
function isScore(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

function winOf({ positive, negative, image }: Comparison): number {
  if (!isScore(positive) || !isScore(negative)) {
    throw new NonFiniteError('a matching score is not a number', {
      where: 'matchingMetrics',
      got: `${positive} against ${negative} for image "${image}"`,
    });
  }
  if (positive === negative) return 0.5;
  return positive > negative ? 1 : 0;
}
