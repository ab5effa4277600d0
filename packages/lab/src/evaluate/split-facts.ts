import type { FeatureCache } from '../features/encode-split';
import { retrievalPlan } from './plan';

/** What a split is, as far as its figures depend on it. */
export interface SplitFacts {
  readonly images: number;
  /** Distinct true captions, by token ids. */
  readonly texts: number;
  /** Texts that are the caption of several images: each is right for all of them. */
  readonly sharedTexts: number;
  /** The one of them that the most images have. */
  readonly mostShared?: { readonly caption: string; readonly images: number };
  /** Queries of which every candidate is right: they ask nothing, and do not count. */
  readonly uncounted: { readonly i2t: number; readonly t2i: number };
}

export function splitFacts(cache: Pick<FeatureCache, 'records' | 'textIdentity'>): SplitFacts {
  const { captions, i2t, t2i } = retrievalPlan(cache);
  const owners = t2i.relevant.map(({ length }) => length);
  const most = owners.reduce((best, count, text) => (count > owners[best]! ? text : best), 0);
  const sharedTexts = owners.filter((count) => count > 1).length;
  const everything = ({ relevant, candidates }: typeof i2t): number =>
    relevant.filter(({ length }) => length === candidates).length;
  return {
    images: cache.records.length,
    texts: captions.length,
    sharedTexts,
    ...(sharedTexts > 0 && {
      mostShared: { caption: captions[most]!, images: owners[most]! },
    }),
    uncounted: { i2t: everything(i2t), t2i: everything(t2i) },
  };
}

/** The same in words, with what makes figures of this split other than they seem. */
export function describeSplit(facts: SplitFacts): string {
  const { images, texts, sharedTexts, mostShared, uncounted } = facts;
  const sentences = [
    `${images} image${images === 1 ? '' : 's'}, ${texts} text${texts === 1 ? '' : 's'}`,
  ];
  if (mostShared !== undefined) {
    sentences.push(
      `captions of several images, right for each: ${sharedTexts}, ` +
        `the most shared “${mostShared.caption}”, of ${mostShared.images}`,
    );
  }
  const left = uncounted.i2t + uncounted.t2i;
  if (left > 0) sentences.push(`${left} queries of which everything is right do not count`);
  if (left === images + texts) sentences.push('no query is left, so there are no figures');
  return `${sentences.join('; ')}.`;
}
