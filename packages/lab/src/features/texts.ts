import { DataError, type PairSplit } from '@crossweave/core';

/** The identity of an empty caption. It begins with NUL, so no real text has the same identity. */
const missingText = '\0missing';

/** The texts of a split, each once. */
export interface SplitTexts {
  /** Of each distinct text, false ones among them, the caption that comes first. */
  readonly captions: readonly string[];
  /** `PairSplit.textIdentity`, computed once a caption. */
  readonly identityOf: (caption: string) => string;
}

/**
 * Captions and negatives of a split by `textIdentity`.
 *
 * @throws DataError for an empty split, and for a negative that is true of its image.
 */
export function textsOf(
  where: string,
  split: Pick<PairSplit<unknown, unknown>, 'name' | 'records' | 'textIdentity'>,
): SplitTexts {
  if (split.records.length === 0) {
    throw new DataError(`the split "${split.name}" has no pair`, { where });
  }
  const known = new Map<string, string>();
  const identityOf = (caption: string): string => {
    const identity =
      caption === '' ? missingText : (known.get(caption) ?? split.textIdentity(caption));
    known.set(caption, identity);
    return identity;
  };
  const firsts = new Map<string, string>();
  const see = (caption: string): void => {
    const identity = identityOf(caption);
    if (!firsts.has(identity)) firsts.set(identity, caption);
  };
  for (const { id, captions, negatives } of split.records) {
    const own = new Set(captions.map(identityOf));
    captions.forEach(see);
    for (const { caption } of negatives?.flat() ?? []) {
      if (own.has(identityOf(caption))) {
        throw new DataError(`a false caption of "${id}" is one of its true ones`, {
          where: `${where}, split "${split.name}"`,
          expected: 'negatives whose token ids differ from those of every caption of the image',
          got: JSON.stringify(caption),
          advice: 'Leave this negative out.',
        });
      }
      see(caption);
    }
  }
  return { captions: [...firsts.values()], identityOf };
}
