import { ones, reshape, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { inference, type Features, type Loss, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { alignmentUniformity } from './alignment-uniformity';
import { barlowTwins } from './barlow-twins';
import { vicreg } from './vicreg';

const options = { embeds: [true], negatives: [0] };
testLoss(() => alignmentUniformity(), { describe, it }, options);
testLoss(() => alignmentUniformity({ alpha: 1, t: 3 }), { describe, it }, options);
testLoss(() => barlowTwins(), { describe, it }, options);
testLoss(() => vicreg(), { describe, it }, options);

const side = (pooled: Tensor2D): Features => ({
  pooled,
  tokens: reshape(pooled, [pooled.shape[0], 1, pooled.shape[1]]),
  mask: ones([pooled.shape[0], 1]),
});

/** The terms of a loss of embeddings as they are. */
function termsOf(loss: Loss, rows: number[][], groups: string[]): Record<string, number> {
  return tidy(() => {
    const features = side(tensor2d(rows));
    const embed = (_: 'image' | 'text', { pooled }: Features): Tensor2D => pooled;
    const outputs = { image: features, text: features, embed } as unknown as ModelOutputs;
    const batch = { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
    const { total, terms } = loss.compute({}, outputs, batch, inference);
    return Object.fromEntries(
      Object.entries({ ...terms, total }).map(([name, value]) => [name, value.dataSync()[0]!]),
    );
  });
}

describe('alignmentUniformity', () => {
  const rows = [
    [1, 0],
    [0, 1],
    [1, 0],
  ];

  it('is 0 for equal pairs, and −t·d² for pairs of rows that are d apart', () => {
    const terms = termsOf(alignmentUniformity(), rows.slice(0, 2), ['a', 'b']);
    expect(terms['alignment']).toBe(0);
    expect(terms['uniformity']).toBeCloseTo(-4, 5);
  });

  it('does not spread rows of the same image', () => {
    expect(termsOf(alignmentUniformity(), rows, ['a', 'b', 'a'])['uniformity']).toBeCloseTo(-4, 5);
    expect(termsOf(alignmentUniformity(), rows, ['a', 'b', 'c'])['uniformity']).toBeGreaterThan(-2);
    expect(termsOf(alignmentUniformity(), rows, ['a', 'a', 'a'])['uniformity']).toBe(0);
  });

  it('refuses an exponent below 1', () => {
    expect(() => alignmentUniformity({ alpha: 0 })).toThrow(/"alpha"/);
  });
});

describe('barlowTwins', () => {
  it('is 0 where dimensions are independent, and counts those that are not', () => {
    const corners = [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ];
    const groups = ['a', 'b', 'c', 'd'];
    expect(termsOf(barlowTwins(), corners, groups)['total']).toBeCloseTo(0, 5);
    const twice = corners.map(([x]) => [x!, x!]);
    expect(termsOf(barlowTwins(), twice, groups)['redundancy']).toBeCloseTo(2, 3);
  });

  it('divides by the pairs that there are, whatever the batch says', () => {
    const rows = [
      [1, 2],
      [3, -1],
      [0, 1],
    ];
    const totals = [['a', 'b', 'c'], ['a']].map((groups) => termsOf(barlowTwins(), rows, groups));
    expect(totals[1]).toEqual(totals[0]);
  });

  it('refuses a negative weight', () => {
    expect(() => barlowTwins({ redundancy: -1 })).toThrow(/"redundancy"/);
  });
});

describe('vicreg', () => {
  it('holds every dimension of collapsed embeddings to a deviation of 1', () => {
    const same = [
      [1, 0],
      [1, 0],
    ];
    const terms = termsOf(vicreg(), same, ['a', 'b']);
    expect(terms['variance']).toBeCloseTo(0.99, 5);
    expect(terms['invariance']).toBe(0);
    expect(terms['covariance']).toBe(0);
    expect(terms['total']).toBeCloseTo(25 * 0.99, 3);
  });

  it('refuses a negative weight', () => {
    expect(() => vicreg({ covariance: -1 })).toThrow(/"covariance"/);
  });
});
