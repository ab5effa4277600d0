import type { FeatureCache } from '../features/encode-split';
import type { RetrievalOptions } from '../metrics/retrieval';
import { matchingMetrics } from '../metrics/matching';
import { retrievalChance } from '../metrics/retrieval';

/** A true caption and a false one of one image, before they are scored. */
export interface PlannedComparison {
  /** Row of the image. */
  readonly row: number;
  /** Id of the image. */
  readonly image: string;
  readonly positive: string;
  readonly negative: string;
  readonly kind: string;
}

/** Every false caption of a split with the true caption it belongs to. */
export function comparisonPlan(cache: FeatureCache): PlannedComparison[] {
  return cache.records.flatMap((record, row) =>
    record.captions.flatMap((positive, i) =>
      (record.negatives?.[i] ?? []).map(({ caption, kind }) => ({
        row,
        image: record.id,
        positive,
        negative: caption,
        kind,
      })),
    ),
  );
}

/** Queries and candidates of retrieval over a split: all images, all distinct true captions. */
export interface RetrievalPlan {
  readonly captions: readonly string[];
  readonly i2t: Omit<RetrievalOptions, 'scores'>;
  readonly t2i: Omit<RetrievalOptions, 'scores'>;
}

/** Images that share a caption are one group: each is right for the other's captions. */
export function retrievalPlan(cache: FeatureCache): RetrievalPlan {
  const groupOf = new Map<string, string>();
  const merged = new Map<string, string>();
  const root = (group: string): string => {
    let top = group;
    for (let next = merged.get(top); next !== undefined; next = merged.get(top)) top = next;
    return top;
  };
  for (const { id, captions } of cache.records) {
    for (const caption of captions) {
      const other = groupOf.get(caption);
      if (other === undefined) groupOf.set(caption, id);
      else if (root(other) !== root(id)) merged.set(root(id), root(other));
    }
  }
  const captions = [...groupOf.keys()];
  const imageGroups = cache.records.map(({ id }) => root(id));
  const textGroups = captions.map((caption) => root(groupOf.get(caption)!));
  return {
    captions,
    i2t: { queryGroups: imageGroups, candidateGroups: textGroups, prefix: 'retrieval.i2t.' },
    t2i: { queryGroups: textGroups, candidateGroups: imageGroups, prefix: 'retrieval.t2i.' },
  };
}

/** The metrics of a split for scores that know nothing. */
export function chanceOf(cache: FeatureCache): Readonly<Record<string, number>> {
  const { i2t, t2i } = retrievalPlan(cache);
  const constant = comparisonPlan(cache).map(({ kind, image }) => ({
    kind,
    image,
    positive: 0,
    negative: 0,
  }));
  return {
    ...(constant.length > 0 && matchingMetrics(constant).metrics),
    ...retrievalChance(i2t),
    ...retrievalChance(t2i),
  };
}
