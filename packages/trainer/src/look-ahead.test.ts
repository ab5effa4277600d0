import { memory, ones, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch } from '@crossweave/core';
import { expect, it } from 'vitest';
import { batchesFrom } from './batches-from';
import { lookAhead } from './look-ahead';

type Pair = Batch<Tensor2D, Tensor2D>;

/** Three batches an epoch, named by epoch and place. */
const turns = () =>
  lookAhead(
    batchesFrom<Pair>(
      {
        batchSize: 1,
        batchesPerEpoch: 3,
        async *batches(epoch, from = 0) {
          for (let i = from; i < 3; i++) {
            await Promise.resolve();
            const ids = [`${epoch}.${i}`];
            yield { size: 1, ids, groups: ids, image: ones([1, 2]), text: ones([1, 2]) };
          }
        },
      },
      1,
    ),
  );

it('gives the next batch before its turn, and each once; a batch lives as long as its turn', async () => {
  const before = memory().numTensors;
  const seen: string[] = [];
  let awaited: Pair | undefined;
  for await (const { batch, following } of turns()) {
    if (awaited !== undefined) expect(batch).toBe(awaited);
    seen.push(batch.ids[0]!);
    const next = await following();
    expect((await following())?.batch).toBe(next?.batch);
    awaited = next!.batch;
    expect([batch.image.isDisposed, awaited.image.isDisposed]).toEqual([false, false]);
    expect(memory().numTensors).toBe(before + 4);
    if (seen.length === 5) break;
  }
  expect(seen).toEqual(['0.1', '0.2', '1.0', '1.1', '1.2']);
  expect(memory().numTensors).toBe(before);
});

it('holds one batch where nobody asks', async () => {
  const before = memory().numTensors;
  let count = 0;
  for await (const { batch } of turns()) {
    expect(batch.size).toBe(1);
    expect(memory().numTensors).toBe(before + 2);
    if (++count === 4) break;
  }
  expect(memory().numTensors).toBe(before);
});
