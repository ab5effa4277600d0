import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { inference, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { triplet } from './triplet';

const runner = { describe, it };
testLoss(() => triplet(), runner, { negatives: [0] });
testLoss(() => triplet({ mining: 'all', reduction: 'sum', direction: 't2i', margin: 1 }), runner, {
  negatives: [0],
});
// At zero vectors the measured distance is that of orthogonal ones, equal for all.
testLoss(() => triplet({ measure: 'euclidean', negatives: true, direction: 'i2t' }), runner, {
  embeds: [true],
  negatives: [2],
});

const totalOf = (loss = triplet(), rows: number[][], groups: string[]): number =>
  tidy(() => {
    const batch = { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
    const outputs = { score: () => tensor2d(rows) } as unknown as ModelOutputs;
    return loss.compute({}, outputs, batch, inference).total.dataSync()[0]!;
  });

describe('triplet', () => {
  const rows = [
    [0.5, 0.6, 0.1],
    [0.2, 0.9, 0.3],
    [0.5, 0.1, 0.4],
  ];

  it('sums margins that are not kept, by hand', () => {
    const all = triplet({ mining: 'all', reduction: 'sum' });
    // i2t: .3 | 0 | .3; t2i: (.2) (0 + 0) (0 + .1)
    expect(totalOf(all, rows, ['a', 'b', 'c'])).toBeCloseTo(0.3 + 0.3 + 0.2 + 0.1, 5);
    expect(totalOf(triplet(), rows, ['a', 'b', 'c'])).toBeCloseTo(0.9 / 3, 5);
    const inBatchHinge = triplet({ mining: 'all', reduction: 'sum', margin: 0 });
    expect(totalOf(inBatchHinge, rows, ['a', 'b', 'c'])).toBeCloseTo(0.1 + 0.1, 5);
  });

  it('never takes a row of the same image for a negative', () => {
    const high = [
      [0.5, 50],
      [50, 0.9],
    ];
    expect(totalOf(triplet(), high, ['a', 'a'])).toBe(0);
    expect(totalOf(triplet(), high, ['a', 'b'])).toBeGreaterThan(90);
  });

  it('refuses a negative margin, and distances of what has no embeddings', () => {
    expect(() => triplet({ margin: -1 })).toThrow(/"margin"/);
    expect(() => totalOf(triplet({ measure: 'euclidean' }), rows, ['a', 'b', 'c'])).toThrow(
      /needs embeddings/,
    );
  });
});
