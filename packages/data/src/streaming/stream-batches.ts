import { ConfigError, DataError, type BatchSource } from '@crossweave/core';
import { checkOptions, count, requireValue, type Checks } from '@crossweave/core/authoring';
import { hasBegun, positionCheck, startOf, type StreamPosition } from './position';
import type { PairStream } from './stream-pairs';

export interface StreamBatchesOptions {
  /**
   * Batches that training counts as an epoch. The passes over the data do not depend on it: the next
   * epoch goes on where the last one ended, and a pass that ends is followed by another.
   */
  readonly batchesPerEpoch: number;
}

const checks: Checks<StreamBatchesOptions> = { batchesPerEpoch: count() };
const where = 'streamBatches';

/**
 * A stream as what `train` reads. Each batch has its `position`, which `train` saves with the state and
 * gives back: a run that is resumed sees the samples that one sees that never stopped. Pairs to
 * validate with come from a file of their own, since a stream has no splits.
 *
 * @throws ConfigError for a wrong option. The batches throw what those of the stream do; ConfigError where a
 *   later batch is asked for without a position; DataError where a pass gives no batch
 */
export function streamBatches(stream: PairStream, options: StreamBatchesOptions): BatchSource {
  checkOptions(where, options, checks, ['batchesPerEpoch']);
  const { batchesPerEpoch } = options;
  return {
    batchSize: stream.batchSize,
    batchesPerEpoch,
    async *batches(epoch, from = 0, after) {
      let position = beginning(epoch, from, after);
      let given = from;
      while (given < batchesPerEpoch) {
        const before = given;
        for await (const { batch, position: next } of stream.batches(position)) {
          given++;
          position = next;
          yield { ...batch, position };
          if (given === batchesPerEpoch) return;
        }
        // The rest of a pass may be too small for a batch.
        requireBatch(given > before || hasBegun(position), stream);
        position = startOf(position.epoch + 1);
      }
    },
  };
}

function beginning(epoch: number, from: number, after: unknown): StreamPosition {
  if (after !== undefined) {
    requireValue(where, 'position', after, positionCheck);
    return after as StreamPosition;
  }
  if (epoch === 0 && from === 0) return startOf(0);
  throw new ConfigError('a stream goes on from a position alone', {
    where,
    expected: 'the position of the batch before, as `train` saves it',
    got: `batch ${from} of epoch ${epoch} without one`,
    advice: 'Resume from a state of a run over a stream, or begin at batch 0 of epoch 0.',
  });
}

function requireBatch(found: boolean, { batchSize, report }: PairStream): void {
  if (found) return;
  throw new DataError('a pass over the stream gives no batch', {
    where,
    expected: `at least ${batchSize} samples, a batch`,
    got: `${report.rows} rows, of which ${report.rejects.count} are damaged and ${report.others} of other splits`,
    advice: 'Take a smaller batch, or more data.',
  });
}
