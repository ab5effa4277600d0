import {
  ConfigError,
  DataError,
  disposeBatch,
  foldIn,
  permutation,
  requireBothSides,
  type Batch,
  type BatchSource,
  type Key,
  type PairRecord,
  type PairSplit,
  type TextInput,
} from '@crossweave/core';
import {
  boolean,
  checkOptions,
  count,
  fields,
  number,
  oneOf,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';

import { mapAhead } from '../streaming/ahead';
import { augmentationCheck, augmentPair, requireBounds, type Augmentation } from './augmentation';
import { pictureSource } from './changeable-split';
import { drawPair, sampleKey } from './draw';
import { classSampler, samplings, type SampledPair, type Sampling } from './sampling';

export interface PairBatchesOptions {
  /** B, at most the number of records. */
  readonly batchSize: number;
  /** All randomness comes from it and the epoch. */
  readonly key: Key;
  /** Another order every epoch; else the order of the records. Default true. */
  readonly shuffle?: boolean;
  /**
   * K hard negatives of each pair's caption, in a random order; where a caption has fewer they
   * repeat. Default 0: batches carry none.
   */
  readonly negatives?: number;
  /** Leaves out the last batch when it is smaller than the others. Default true. */
  readonly dropLast?: boolean;
  /** Which of an image's captions stands in the batch. Default `random`, another each epoch. */
  readonly captions?: 'random' | 'first';
  /** Batches that are prepared while the caller works on one. Default 1. */
  readonly prefetch?: number;
  /** Changes of pictures and texts that keep them true of one another. Default: none. */
  readonly augment?: Augmentation | undefined;
  /**
   * How often pairs of each class are drawn: `none` (default), `balanced` or `square-root`, see
   * {@link Sampling}. A model that learns from sampled classes has other prior probabilities than the
   * data (`sampledPrior` of @crossweave/lab).
   */
  readonly sampling?: Sampling | undefined;
}

/**
 * Batches of a split as a pure function of (key, epoch): the order derives from
 * foldIn(key, epoch), caption and negatives of a sample from that and the sample's id. So
 * a batch does not depend on what was drawn before it, and an epoch resumes anywhere; changes of
 * `augment` derive from the same. The
 * next batches are prepared while the caller works on the last.
 *
 * @throws ConfigError when an option is out of range
 * @throws DataError when the split is empty or smaller than a batch, has a record whose image or text
 *   is missing, or lacks negatives asked for
 */
export function pairBatches<Image, Text extends object = TextInput>(
  split: PairSplit<Image, Text>,
  options: PairBatchesOptions,
): BatchSource<Batch<Image, Text>> {
  const where = `pairBatches of split "${split.name}"`;
  checkOptions(where, options, batchChecks, ['batchSize', 'key']);
  const { batchSize, key, shuffle = true, negatives = 0, dropLast = true } = options;
  const choice = options.captions ?? 'random';
  const { augment = {}, prefetch = 1, sampling = 'none' } = options;
  const ofSampling = sampling === 'none' ? {} : { sampling };
  requireBounds(where, augment);
  const imagesOf = pictureSource(split, where, augment);
  checkSplit(split, where, { batchSize, dropLast });
  if (negatives > 0) checkNegatives(split, where, choice);
  const count = split.records.length;
  const sampled = samplerOf(split, where, options);
  const labelled = split.records.some(({ labels }) => labels !== undefined);
  const batchesPerEpoch = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);

  const makeBatch = async (
    order: readonly Placed[],
    epochKey: Key,
    index: number,
  ): Promise<Batch<Image, Text>> => {
    const placed = order.slice(index * batchSize, (index + 1) * batchSize);
    const rows = placed.map(({ row }) => row);
    const drawn = placed.map(({ row, caption, times = 0 }) => {
      const first = sampleKey(epochKey, recordAt(split, row).id);
      // A record that is drawn again is changed in another way.
      const key = times === 0 ? first : foldIn(foldIn(first, 'again'), times);
      const pair = drawPair(recordAt(split, row), key, caption ?? choice, negatives);
      return { ...augmentPair(pair, augment, foldIn(key, 'augment')), label: pair.label };
    });
    const ids = rows.map((row) => recordAt(split, row).id);
    const captions = drawn.map(({ caption }) => caption);
    const texts = {
      text: split.texts(captions),
      ...(negatives > 0 && { negatives: split.texts(drawn.flatMap((pair) => pair.negatives)) }),
    };
    const described = {
      size: rows.length,
      ids,
      groups: ids,
      captions: drawn.map(({ meaning }) => split.textIdentity(meaning)),
      ...(labelled && { labels: drawn.map(({ label }) => label) }),
      ...(negatives > 0 && {
        negativeCaptions: drawn.flatMap((pair) =>
          pair.negatives.map((negative) => split.textIdentity(negative)),
        ),
      }),
    };
    try {
      return {
        ...described,
        image: await imagesOf(
          rows,
          drawn.map(({ change }) => change),
        ),
        ...texts,
      };
    } catch (error) {
      disposeBatch({ ...described, image: undefined, ...texts });
      throw error;
    }
  };

  return withConfig(
    'pairBatches',
    { batchSize, shuffle, negatives, dropLast, captions: choice, augment, ...ofSampling },
    {
      batchSize,
      batchesPerEpoch,
      batches(epoch, from = 0) {
        if (!Number.isInteger(from) || from < 0 || from > batchesPerEpoch) {
          throw new ConfigError('there is no such batch to start from', {
            where,
            expected: `a whole number in [0, ${batchesPerEpoch}]`,
            got: from,
          });
        }
        const epochKey = foldIn(key, epoch);
        const order: readonly Placed[] =
          sampled?.(epochKey) ??
          (shuffle
            ? permutation(foldIn(epochKey, 'order'), count)
            : split.records.map((_, row) => row)
          ).map((row) => ({ row }));
        // One more is under way while the caller waits for its batch.
        return mapAhead(
          numbers(from, batchesPerEpoch),
          prefetch + 1,
          (index) => makeBatch(order, epochKey, index),
          disposeBatch,
        );
      },
    },
  );
}

function* numbers(from: number, end: number): Generator<number, void, undefined> {
  for (let number = from; number < end; number++) yield number;
}

/** A record's place in an epoch; without a caption, one is drawn. */
type Placed = Pick<SampledPair, 'row'> & Partial<SampledPair>;

/** What draws by class, if anything does. @throws ConfigError where the order is to be kept */
function samplerOf(
  { records }: PairSplit<unknown, unknown>,
  where: string,
  { sampling = 'none', shuffle = true, captions = 'random' }: PairBatchesOptions,
): ((epochKey: Key) => SampledPair[]) | undefined {
  if (sampling === 'none') return undefined;
  if (shuffle) return classSampler(where, records, sampling, captions);
  throw new ConfigError('what is drawn by class has no order to keep', {
    where,
    expected: "shuffle: true, or sampling: 'none'",
    got: `shuffle: false with sampling: '${sampling}'`,
  });
}

function recordAt(split: PairSplit<unknown, unknown>, row: number): PairRecord {
  return split.records[row] as PairRecord;
}

const word = number({ integer: true, min: 0, below: 2 ** 32 });

const batchChecks: Checks<PairBatchesOptions> = {
  batchSize: count(),
  key: fields({ high: word, low: word }, ['high', 'low']),
  shuffle: boolean(),
  negatives: count(0),
  dropLast: boolean(),
  captions: oneOf('random', 'first'),
  prefetch: count(0),
  augment: augmentationCheck,
  sampling: oneOf(...samplings),
};

function checkSplit(
  { records }: PairSplit<unknown, unknown>,
  where: string,
  { batchSize, dropLast }: { batchSize: number; dropLast: boolean },
): void {
  if (records.length === 0) {
    throw new DataError('the split is empty', { where, expected: 'records', got: 0 });
  }
  requireBothSides(where, records);
  if (!dropLast || batchSize <= records.length) return;
  throw new DataError('a batch is larger than the split', {
    where,
    expected: `a batch size of at most ${records.length}, the number of records`,
    got: `batch size ${batchSize}`,
    advice: 'Take a smaller batch, more data, or dropLast: false for one smaller batch.',
  });
}

function checkNegatives(
  split: PairSplit<unknown, unknown>,
  where: string,
  choice: 'random' | 'first',
): void {
  for (const { id, captions, negatives } of split.records) {
    const used = choice === 'first' ? captions.slice(0, 1) : captions;
    const lacking = used.findIndex((_, i) => (negatives?.[i]?.length ?? 0) === 0);
    if (lacking < 0) continue;
    throw new DataError('a caption has no hard negatives', {
      where,
      expected: 'at least one for every caption that can stand in a batch',
      got: `none for "${captions[lacking] ?? ''}" of ${id}`,
      advice: 'Give the captions negatives, or ask for none (negatives: 0).',
    });
  }
}
