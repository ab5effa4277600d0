import { DataError, disposeBatch, type Batch, type BatchSource } from '@crossweave/core';

/**
 * The batches from a step on, epoch after epoch, without end; each is disposed after its turn.
 *
 * @param position that of the batch before, for sources that give positions
 * @throws DataError for an epoch with fewer or more batches than the source says.
 */
export async function* batchesFrom<B extends Batch<unknown, unknown>>(
  data: BatchSource<B>,
  step: number,
  position?: unknown,
): AsyncGenerator<{ epoch: number; batch: B }> {
  const perEpoch = data.batchesPerEpoch;
  let from = step % perEpoch;
  let after = position;
  for (let epoch = Math.floor(step / perEpoch); ; epoch++) {
    let count = from;
    for await (const batch of data.batches(epoch, from, after)) {
      count++;
      after = batch.position;
      try {
        if (count > perEpoch) break;
        yield { epoch, batch };
      } finally {
        disposeBatch(batch);
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
