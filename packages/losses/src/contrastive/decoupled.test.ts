import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { inference, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { decoupled } from './decoupled';

const runner = { describe, it };
testLoss(() => decoupled({ temperature: 'learned' }), runner, { negatives: [0] });
testLoss(() => decoupled({ within: true, weightSigma: 0.5 }), runner, {
  embeds: [true],
  negatives: [0],
});
testLoss(() => decoupled({ negatives: true }), runner, { negatives: [2] });

describe('decoupled', () => {
  const totalOf = (rows: number[][], temperature: number, groups: string[]): number =>
    tidy(() => {
      const batch = { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
      const outputs = { score: () => tensor2d(rows) } as unknown as ModelOutputs;
      const { total } = decoupled({ temperature }).compute({}, outputs, batch, inference);
      return total.dataSync()[0]!;
    });

  it('keeps the true pair out of the sum at any temperature', () => {
    // A mask of −103, as published code has it, would let 1/T = 1000 through.
    const rows = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const groups = ['a', 'b', 'c'];
    expect(totalOf(rows, 0.001, groups)).toBeCloseTo(-1000 + Math.LN2, 2);
    expect(totalOf(rows, 0.5, groups)).toBeCloseTo(-2 + Math.LN2, 5);
  });

  it('leaves out rows without a negative', () => {
    const rows = [
      [1, 9, 0],
      [9, 1, 0],
      [0, 0, 1],
    ];
    expect(totalOf(rows, 1, ['a', 'a', 'b'])).toBeCloseTo((-1 - 1 - 1 + Math.LN2) / 3, 5);
    expect(totalOf(rows, 1, ['a', 'a', 'a'])).toBe(0);
  });

  it('refuses a sigma of 0', () => {
    expect(() => decoupled({ weightSigma: 0 })).toThrow(/"weightSigma"/);
  });
});
