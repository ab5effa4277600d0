import type { DataError, PairRecord, PairSplit } from '@crossweave/core';
import type { Reject } from './rejects';
import type { SharedPictures } from './shared-pictures';
import type { SplitTable } from './split-table';
import type { Texts } from './texts';

/** What one split holds. Texts are the same when the tokenizer gives them the same ids. */
export interface SplitReport {
  readonly records: number;
  readonly captions: number;
  /** Different texts among the captions. Of one alone nothing can be learned. */
  readonly distinctCaptions: number;
  /** Captions left out because their image has the same text already. */
  readonly repeatedCaptions: number;
  readonly shared: {
    /** Different texts that several images have as a caption. */
    readonly captions: number;
    /** The one that most images have. Absent when no text is shared. */
    readonly most?: { readonly caption: string; readonly images: number };
  };
  readonly cut: {
    /** Captions whose end is lost at `maxTokens`. */
    readonly captions: number;
    /** Tokens of the longest caption, with the special ones. */
    readonly longest: number;
  };
  /** Tokens that the vocabulary lacks, of all of them. Absent when the tokenizer spells all out. */
  readonly unknown?: { readonly tokens: number; readonly of: number };
  /** Records without a picture, and without a text. Absent where every record has both. */
  readonly incomplete?: { readonly image: number; readonly text: number };
  /** Captions without a label. Absent when no caption of the split has one. */
  readonly unlabelled?: number;
  /**
   * Pictures with the bytes of an earlier one of the split under another name, and the first of them. Absent
   * where there is none, and before files are read.
   */
  readonly copies?: { readonly pictures: number; readonly example: readonly [string, string] };
  /** Different texts that are captions in another split too. */
  readonly inOtherSplits: number;
}

/** What was read, what of it was damaged, and what is worth knowing before training on it. */
export interface LoadReport {
  /** Rows in the captions file; each is in one sample or went with one of the rejects. */
  readonly rows: number;
  /** In the order of the file. */
  readonly rejects: readonly Reject[];
  /** Rows that were read, but may not be what was meant. */
  readonly doubts: readonly DataError[];
  /** Pictures that two splits have in common. */
  readonly sharedPictures: readonly SharedPictures[];
  readonly maxTokens: number;
  readonly splits: SplitTable<SplitReport>;
}

/**
 * The reports of all splits, by name in their order.
 *
 * @param repeated by split, the captions that were left out as repetitions
 */
export function reportSplits(
  splits: SplitTable<PairSplit>,
  repeated: ReadonlyMap<string, number>,
  texts: Texts,
): SplitTable<SplitReport> {
  const all = Object.entries(splits).map(([name, { records }]) => ({
    name,
    records,
    images: imagesOfTexts(records, texts),
  }));
  const splitsOfText = new Map<string, number>();
  for (const text of all.flatMap(({ images }) => [...images.keys()])) {
    splitsOfText.set(text, (splitsOfText.get(text) ?? 0) + 1);
  }
  return Object.fromEntries(
    all.map(({ name, records, images }) => {
      const inOtherSplits = [...images.keys()].filter((text) => splitsOfText.get(text)! > 1);
      return [
        name,
        {
          ...reportTexts(records, images, texts),
          repeatedCaptions: repeated.get(name) ?? 0,
          inOtherSplits: inOtherSplits.length,
        },
      ];
    }),
  );
}

/** How many images have a text as a caption, by the text's identity, with one way to write it. */
type ImagesOfTexts = ReadonlyMap<string, { readonly caption: string; readonly images: number }>;

function imagesOfTexts(records: readonly PairRecord[], texts: Texts): ImagesOfTexts {
  const images = new Map<string, { caption: string; images: number }>();
  for (const caption of records.flatMap((record) => record.captions)) {
    const identity = texts.identity(caption);
    const known = images.get(identity);
    if (known === undefined) images.set(identity, { caption, images: 1 });
    else known.images++;
  }
  return images;
}

function reportTexts(
  records: readonly PairRecord[],
  images: ImagesOfTexts,
  texts: Texts,
): Omit<SplitReport, 'repeatedCaptions' | 'inOtherSplits'> {
  const captions = records.flatMap((record) => record.captions);
  const labels = records.flatMap((record) => record.labels ?? []);
  const lacking = (side: PairRecord['missing']): number =>
    records.filter(({ missing }) => missing === side).length;
  const [image, text] = [lacking('image'), lacking('text')];
  const labelled = labels.filter((label) => label !== undefined).length;
  const facts = captions.map((caption) => texts.remember(caption));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const shared = [...images.values()].filter((text) => text.images > 1);
  const most = shared.reduce<(typeof shared)[number] | undefined>(
    (best, text) => (text.images > (best?.images ?? 0) ? text : best),
    undefined,
  );
  return {
    records: records.length,
    captions: captions.length,
    distinctCaptions: images.size,
    shared: { captions: shared.length, ...(most && { most }) },
    cut: {
      captions: facts.filter((fact) => texts.isCut(fact)).length,
      longest: texts.length(facts.reduce((longest, { tokens }) => Math.max(longest, tokens), 0)),
    },
    ...(image + text > 0 && { incomplete: { image, text } }),
    ...(labelled > 0 && { unlabelled: captions.length - labelled }),
    ...(texts.tokenizer.unknownId !== undefined && {
      unknown: {
        tokens: sum(facts.map(({ unknown }) => unknown)),
        of: sum(facts.map(({ tokens }) => tokens)),
      },
    }),
  };
}
