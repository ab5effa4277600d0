import { DataError, type HardNegative, type Label } from '@crossweave/core';
import { sameLabel } from '../records/labels';
import type { Reject } from './rejects';
import type { ReadSample } from './samples';

interface Kept {
  readonly caption: string;
  readonly negatives: HardNegative[];
  label: Label | undefined;
}

/** A sample without captions that repeat and negatives that are true. */
export interface DistinctSample {
  readonly sample: ReadSample;
  /** Captions that were left out, since the image has the same text already. */
  readonly repeated: number;
  /** One for every negative that is a true caption of the image, and for every second label. */
  readonly rejects: readonly Reject[];
}

/**
 * Keeps one of the captions of an image that are the same text, and none of its negatives that are
 * one of its captions. Negatives of a repeated caption go to the one that is kept, and so does its
 * label where that one has none.
 *
 * @param identity equal for texts that are the same to the tokenizer
 */
export function distinctTexts(
  sample: ReadSample,
  identity: (text: string) => string,
): DistinctSample {
  const captions = new Map<string, Kept>();
  const rejects: Reject[] = [];
  sample.captions.forEach((caption, i) => {
    const own = identity(caption);
    const label = sample.labels?.[i];
    const kept = captions.get(own) ?? { caption, negatives: [], label };
    kept.label ??= label;
    if (label !== undefined && !sameLabel(kept.label, label)) {
      rejects.push(secondLabel(sample, caption, kept.label, label));
    }
    for (const negative of sample.negatives?.[i] ?? []) kept.negatives.push(negative);
    captions.set(own, kept);
  });
  const negatives = [...captions.values()].map((kept) => {
    const seen = new Set<string>();
    return kept.negatives.filter(({ caption, kind }) => {
      const own = identity(caption);
      const isTrue = captions.get(own);
      if (isTrue !== undefined) rejects.push(falseNegative(sample, caption, isTrue.caption));
      const place = JSON.stringify([own, kind]);
      if (isTrue !== undefined || seen.has(place)) return false;
      seen.add(place);
      return true;
    });
  });
  return {
    sample: {
      ...sample,
      captions: Array.from(captions.values(), ({ caption }) => caption),
      ...(sample.negatives && { negatives }),
      ...(sample.labels && { labels: Array.from(captions.values(), ({ label }) => label) }),
    },
    repeated: sample.captions.length - captions.size,
    rejects,
  };
}

function secondLabel(
  { where, image }: ReadSample,
  caption: string,
  kept: Label | undefined,
  label: Label,
): Reject {
  return {
    key: `${where} (${image})`,
    reason: 'label-conflict',
    action: 'left-out',
    rows: 0,
    error: new DataError('a caption of one image has two labels', {
      where,
      expected: `one label for ${JSON.stringify(caption)}`,
      got: `${JSON.stringify(label)} beside ${JSON.stringify(kept)}`,
      advice: 'Correct the rows; several classes of one caption go into a list. The first is kept.',
    }),
  };
}

function falseNegative(sample: ReadSample, negative: string, caption: string): Reject {
  const { where, image } = sample;
  return {
    key: `${where} (${image})`,
    reason: 'false-negative',
    action: 'left-out',
    rows: 0,
    error: new DataError('a negative is a true caption of its image', {
      where,
      expected: 'negatives that are false of the image, as the tokenizer reads them',
      got: `${JSON.stringify(negative)} beside the caption ${JSON.stringify(caption)}`,
      advice: 'Correct or remove the negative; it is left out.',
    }),
  };
}
