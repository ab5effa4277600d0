import { memory, ones, type Rank } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { disposeBatch, type Batch } from './batch';

const described = { size: 2, ids: ['a', 'b'], groups: ['a', 'b'] };

describe('disposeBatch', () => {
  it('disposes pictures, token ids and masks, and negatives', () => {
    const before = memory().numTensors;
    const text = (rows: number) => ({
      input_ids: ones<Rank.R2>([rows, 3], 'int32'),
      attention_mask: ones<Rank.R2>([rows, 3], 'int32'),
    });
    const batch: Batch = {
      ...described,
      image: ones([2, 4, 4, 3]),
      text: text(2),
      negatives: text(4),
    };
    expect(memory().numTensors).toBe(before + 5);
    disposeBatch(batch);
    expect(memory().numTensors).toBe(before);
    expect(batch.image.isDisposed).toBe(true);
  });

  it('passes over parts that are no tensors', () => {
    const before = memory().numTensors;
    disposeBatch({ ...described, image: { tokens: ones([2]), names: ['x'] }, text: null });
    disposeBatch({ ...described, image: 'a.png', text: undefined });
    expect(memory().numTensors).toBe(before);
  });
});
