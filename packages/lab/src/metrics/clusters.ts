/**
 * Outcomes of queries as outcomes of clusters (the captions of one image are one cluster), so that
 * clusters may be treated as independent. The mean over clusters equals the mean over
 * queries exactly, whatever the clusters' sizes: cluster c of n_c queries has
 * m + (n_c/n̄)·(m_c − m), the linearised ratio estimator (Cochran 1977, §6).
 */
export function clusterOutcomes(values: ArrayLike<number>, clusters: readonly string[]): number[] {
  const sums = new Map<string, { sum: number; count: number }>();
  let total = 0;
  clusters.forEach((cluster, i) => {
    const entry = sums.get(cluster) ?? { sum: 0, count: 0 };
    entry.sum += values[i]!;
    entry.count++;
    sums.set(cluster, entry);
    total += values[i]!;
  });
  const centre = total / clusters.length;
  const meanCount = clusters.length / sums.size;
  return [...sums.values()].map(
    ({ sum, count }) => centre + (count / meanCount) * (sum / count - centre),
  );
}
