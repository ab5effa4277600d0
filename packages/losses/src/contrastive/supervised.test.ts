import { ones, reshape, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { inference, type Features, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { supervised } from './supervised';

testLoss(
  () => supervised({ temperature: 'learned' }),
  { describe, it },
  { embeds: [true], negatives: [0] },
);

describe('supervised', () => {
  const side = (rows: number[]): Features => {
    const pooled = tensor2d(rows, [2, 2]);
    return { pooled, tokens: reshape(pooled, [2, 1, 2]), mask: ones([2, 1]) };
  };
  const totalOf = (labels: string[] | undefined): number =>
    tidy(() => {
      const batch = { size: 2, ids: [], groups: ['a', 'b'], image: undefined, text: undefined };
      const embed = (_: 'image' | 'text', { pooled }: Features): Tensor2D => pooled;
      const rows = side([1, 0, 0, 1]);
      const outputs = { image: rows, text: rows, embed } as unknown as ModelOutputs;
      const named = { ...batch, ...(labels && { labels }) };
      return supervised({ temperature: 1 })
        .compute({}, outputs, named, inference)
        .total.dataSync()[0]!;
    });

  it('has the partner for its one positive, and all of its class with labels', () => {
    const normaliser = Math.log(Math.E + 2);
    expect(totalOf(undefined)).toBeCloseTo(normaliser - 1, 5);
    expect(totalOf(['x', 'y'])).toBeCloseTo(normaliser - 1, 5);
    expect(totalOf(['x', 'x'])).toBeCloseTo(normaliser - 1 / 3, 5);
  });
});
