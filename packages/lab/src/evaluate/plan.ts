import type { FeatureCache } from '../features/encode-split';
import { matchingMetrics } from '../metrics/matching';
import { retrievalChance, type RetrievalChanceOptions } from '../metrics/retrieval';

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

/** What a plan reads of a cache. */
type Captioned = Pick<FeatureCache, 'records' | 'textIdentity'>;

/** Every false caption of a split with the true caption it belongs to. */
export function comparisonPlan({ records }: Pick<Captioned, 'records'>): PlannedComparison[] {
  return records.flatMap((record, row) =>
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

/** Queries and candidates of retrieval over a split: all images, all distinct texts. */
export interface RetrievalPlan {
  /** Of each distinct text the caption that comes first. */
  readonly captions: readonly string[];
  readonly i2t: RetrievalChanceOptions;
  readonly t2i: RetrievalChanceOptions;
}

/**
 * A text is right for an image exactly if the image has it as a caption; captions of equal
 * `textIdentity` are one text. Outcomes are clustered by image, a text's by the first that has it.
 */
export function retrievalPlan({ records, textIdentity }: Captioned): RetrievalPlan {
  const placeOf = new Map<string, number>();
  const captions: string[] = [];
  const imagesOf: number[][] = [];
  const textsOf = records.map((record, row) => {
    const texts = new Set<number>();
    for (const caption of record.captions) {
      const identity = textIdentity(caption);
      const place = placeOf.get(identity) ?? captions.push(caption) - 1;
      placeOf.set(identity, place);
      texts.add(place);
    }
    for (const text of texts) (imagesOf[text] ??= []).push(row);
    return [...texts];
  });
  return {
    captions,
    i2t: {
      candidates: captions.length,
      relevant: textsOf,
      clusters: records.map(({ id }) => id),
      prefix: 'retrieval.i2t.',
    },
    t2i: {
      candidates: records.length,
      relevant: imagesOf,
      clusters: imagesOf.map(([first]) => records[first!]!.id),
      prefix: 'retrieval.t2i.',
    },
  };
}

/** The metrics of a split for scores that know nothing, exact. */
export function chanceOf(cache: Captioned): Readonly<Record<string, number>> {
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
