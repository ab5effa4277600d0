import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { cloob } from './cloob';

const runner = { describe, it };
testLoss(() => cloob(), runner, { embeds: [true], negatives: [0] });
testLoss(() => cloob({ temperature: 'learned', beta: 2 }), runner, {
  embeds: [true],
  negatives: [0],
});

describe('cloob', () => {
  it('has the chance level of two bounds that leave one out', () => {
    expect(cloob().chance!(9)).toBeCloseTo(2 * Math.log(8), 10);
    expect(cloob().chance!(1)).toBe(0);
  });

  it('refuses a negative beta', () => {
    expect(() => cloob({ beta: -1 })).toThrow(/"beta"/);
  });
});
