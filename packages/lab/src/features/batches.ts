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
  type PairRecord,
} from '@crossweave/core';
import { checkOptions, count, listOf, oneOf, requireNumber } from '@crossweave/core/authoring';
import { randomKey } from '../checks/checks';
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
 * without repetition as long as the caption has K. `groups` are the images and `captions` the
 * identities of the texts, by which losses know what is no negative.
 *
 * @throws ConfigError when a figure is out of range or the batch is larger than the split,
 * DataError when a pair has no negative to draw.
 */
export function featureBatches(
  cache: FeatureCache,
  options: FeatureBatchesOptions,
): BatchSource<Batch<Features, Features>> {
  const where = 'featureBatches';
  const kinds = new Set(
    cache.records.flatMap((record) =>
      poolsOf(record).flatMap((pool) => pool.map(({ kind }) => kind)),
    ),
  );
  checkOptions(
    where,
    options,
    {
      batchSize: count(),
      key: randomKey(),
      negatives: count(0),
      kinds: listOf(oneOf(...kinds), { min: 1 }),
    },
    ['batchSize', 'key'],
  );
  const { batchSize, key, negatives = 0 } = options;
  const pairs = cache.records.length;
  if (batchSize > pairs) {
    throw new ConfigError('"batchSize" is larger than the split', {
      where,
      expected: `a whole number from 1 to ${pairs}, the pairs of "${cache.name}"`,
      got: batchSize,
    });
  }
  if (negatives > 0) requireNegatives(where, cache.records, options.kinds);
  const batchesPerEpoch = Math.floor(pairs / batchSize);
  return {
    batchSize,
    batchesPerEpoch,
    async *batches(epoch, from = 0) {
      requireNumber(where, 'from', from, { integer: true, min: 0, max: batchesPerEpoch });
      const epochKey = foldIn(key, epoch);
      const order = permutation(foldIn(epochKey, 'order'), pairs);
      for (let i = from; i < batchesPerEpoch; i++) {
        const rows = order.slice(i * batchSize, (i + 1) * batchSize);
        const choices = rows.map((row) => chooseTexts(cache, row, epochKey, options));
        // Lets other work run between batches; gathering itself is synchronous.
        await Promise.resolve();
        const gatherTexts = (captions: readonly string[]): Features =>
          cache.texts.gather(captions.map((caption) => cache.textRow(caption)));
        yield {
          size: batchSize,
          ids: choices.map(({ id }) => id),
          groups: choices.map(({ id }) => id),
          captions: choices.map(({ caption }) => cache.textIdentity(caption)),
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
  { negatives: wanted = 0, kinds }: FeatureBatchesOptions,
): Choice {
  const record = cache.records[row]!;
  const key = foldIn(epochKey, record.id);
  const pools = poolsOf(record, kinds);
  const candidates = pools.flatMap((pool, i) => (wanted === 0 || pool.length > 0 ? [i] : []));
  const chosen = candidates[randomInteger(foldIn(key, 'caption'), candidates.length)]!;
  const pool = pools[chosen]!;
  const order = wanted > 0 ? permutation(foldIn(key, 'negatives'), pool.length) : [];
  return {
    id: record.id,
    caption: record.captions[chosen]!,
    negatives: Array.from({ length: wanted }, (_, k) => pool[order[k % pool.length]!]!.caption),
  };
}

/** Of each caption of a record the negatives of the wanted kinds. */
function poolsOf(
  { captions, negatives }: PairRecord,
  kinds?: readonly string[],
): readonly (readonly HardNegative[])[] {
  return captions.map((_, i) => {
    const all = negatives?.[i] ?? [];
    return kinds === undefined ? all : all.filter(({ kind }) => kinds.includes(kind));
  });
}

/** The records that have no negative for any of their captions. */
export function withoutNegatives(
  records: readonly PairRecord[],
  kinds?: readonly string[],
): PairRecord[] {
  return records.filter((record) => poolsOf(record, kinds).every((pool) => pool.length === 0));
}

/** @throws DataError when a record has no negative for any of its captions. */
export function requireNegatives(
  where: string,
  records: readonly PairRecord[],
  kinds?: readonly string[],
): void {
  const lacking = withoutNegatives(records, kinds);
  if (lacking.length === 0) return;
  throw new DataError(
    `${lacking.length} of ${records.length} pairs have no false caption to draw`,
    {
      where,
      expected: kinds === undefined ? 'negatives' : `negatives of kind ${kinds.join(', ')}`,
      got: `none for "${lacking[0]!.id}"`,
      advice: 'Train with negatives: 0, or use data whose records carry negatives.',
    },
  );
}
