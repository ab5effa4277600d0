import {
  ConfigError,
  DataError,
  foldIn,
  permutation,
  randomInteger,
  type Batch,
  type BatchSource,
  type Features,
  type HardNegative,
  type Key,
} from '@crossweave/core';
import type { FeatureCache } from './encode-split';

export interface FeatureBatchesOptions {
  readonly batchSize: number;
  readonly key: Key;
  /** K, false captions a pair. Default 0. */
  readonly negatives?: number;
  /** Only negatives of these kinds. Default: all. */
  readonly kinds?: readonly string[];
}

/**
 * Batches over a cache. Order, the caption of each image and its negatives are functions
 * of (key, epoch, record id); the last, smaller batch of an epoch is left out. K negatives are drawn
 * without repetition as long as the caption has K. Images that share their caption in
 * a batch share their group, so neither counts as the other's negative.
 *
 * @throws ConfigError when a figure is out of range or the batch is larger than the split,
 * DataError when a pair has no negative to draw.
 */
export function featureBatches(
  cache: FeatureCache,
  options: FeatureBatchesOptions,
): BatchSource<Batch<Features, Features>> {
  const { batchSize, key, negatives = 0 } = options;
  const count = cache.records.length;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1 || batchSize > count) {
    throw new ConfigError('batchSize is out of range', {
      where: 'featureBatches',
      expected: `a whole number from 1 to ${count}, the pairs of "${cache.name}"`,
      got: batchSize,
    });
  }
  if (!Number.isSafeInteger(negatives) || negatives < 0) {
    throw new ConfigError('negatives is out of range', {
      where: 'featureBatches',
      expected: 'a whole number, 0 or more',
      got: negatives,
    });
  }
  const batchesPerEpoch = Math.floor(count / batchSize);
  return {
    batchSize,
    batchesPerEpoch,
    async *batches(epoch, from = 0) {
      const epochKey = foldIn(key, epoch);
      const order = permutation(foldIn(epochKey, 'order'), count);
      for (let i = from; i < batchesPerEpoch; i++) {
        const rows = order.slice(i * batchSize, (i + 1) * batchSize);
        const choices = rows.map((row) => chooseTexts(cache, row, epochKey, options));
        // Lets other work run between batches; gathering itself is synchronous.
        await Promise.resolve();
        const gatherTexts = (captions: readonly string[]): Features =>
          cache.texts.gather(captions.map((caption) => cache.textRow(caption)));
        const firstWith = new Map<string, string>();
        const groups = choices.map(({ id, caption }) => {
          const group = firstWith.get(caption) ?? id;
          firstWith.set(caption, group);
          return group;
        });
        yield {
          size: batchSize,
          ids: choices.map(({ id }) => id),
          groups,
          image: cache.images.gather(rows),
          text: gatherTexts(choices.map(({ caption }) => caption)),
          ...(negatives > 0 && {
            negatives: gatherTexts(choices.flatMap((choice) => choice.negatives)),
          }),
        };
      }
    },
  };
}

interface Choice {
  readonly id: string;
  readonly caption: string;
  readonly negatives: readonly string[];
}

function chooseTexts(
  cache: FeatureCache,
  row: number,
  epochKey: Key,
  options: FeatureBatchesOptions,
): Choice {
  const record = cache.records[row]!;
  const key = foldIn(epochKey, record.id);
  const wanted = options.negatives ?? 0;
  const { kinds } = options;
  const usable = (list: readonly HardNegative[] = []): readonly HardNegative[] =>
    kinds === undefined ? list : list.filter(({ kind }) => kinds.includes(kind));
  const pools = record.captions.map((_, i) => usable(record.negatives?.[i]));
  const candidates = record.captions
    .map((_, i) => i)
    .filter((i) => wanted === 0 || pools[i]!.length > 0);
  if (candidates.length === 0) {
    throw new DataError(`"${record.id}" has no false caption to draw`, {
      where: 'featureBatches',
      expected: kinds === undefined ? 'negatives' : `negatives of kind ${kinds.join(', ')}`,
      advice: 'Train with negatives: 0, or use data whose records carry negatives.',
    });
  }
  const chosen = candidates[randomInteger(foldIn(key, 'caption'), candidates.length)]!;
  const pool = pools[chosen]!;
  const order = wanted > 0 ? permutation(foldIn(key, 'negatives'), pool.length) : [];
  return {
    id: record.id,
    caption: record.captions[chosen]!,
    negatives: Array.from({ length: wanted }, (_, k) => pool[order[k % pool.length]!]!.caption),
  };
}
