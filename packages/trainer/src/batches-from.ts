import { DataError, disposeBatch, type Batch, type BatchSource } from '@crossweave/core';

/** A batch of an epoch. */
export interface Turn<B> {
  readonly epoch: number;
  readonly batch: B;
  /** Set by a consumer that disposes the batch itself, because it needs it beyond its turn. */
  isKept: boolean;
}

/**
 * The batches from a step on, epoch after epoch, without end; each is disposed after its turn, when the
 * next is asked for.
 *
 * @param position that of the batch before, for sources that give positions
 * @throws DataError for an epoch with fewer or more batches than the source says.
 */
export async function* batchesFrom<B extends Batch<unknown, unknown>>(
  data: BatchSource<B>,
  step: number,
  position?: unknown,
): AsyncGenerator<Turn<B>> {
  const perEpoch = data.batchesPerEpoch;
  let from = step % perEpoch;
  let after = position;
  for (let epoch = Math.floor(step / perEpoch); ; epoch++) {
    let count = from;
    for await (const batch of data.batches(epoch, from, after)) {
      count++;
      after = batch.position;
      const turn: Turn<B> = { epoch, batch, isKept: false };
      try {
        if (count > perEpoch) break;
        yield turn;
      } finally {
        if (!turn.isKept) disposeBatch(batch);
      }
    }
    if (count !== perEpoch) {
      throw new DataError(`epoch ${epoch} ${count < perEpoch ? 'ended early' : 'goes on'}`, {
        where: 'train',
        expected: `${perEpoch} batches, as batchesPerEpoch says`,
        got: count < perEpoch ? count : `${count} or more`,
      });
    }
    from = 0;
  }
}
