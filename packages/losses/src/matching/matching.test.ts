import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { matching } from './matching';

const runner = { describe, it };
testLoss(() => matching({ inBatch: 2, hard: false }), runner, { ordered: true });
// All negatives are drawn, so the order of pairs has no part in it.
testLoss(() => matching({ inBatch: 3, negatives: false }), runner);

describe('matching', () => {
  it('has the chance level of a coin', () => {
    expect(matching().chance!(8, 3)).toBe(Math.LN2);
  });

  it('refuses what is out of range, and misspelt options', () => {
    expect(() => matching({ inBatch: -1 })).toThrow(/"inBatch"/);
    expect(() => matching({ drawTemperature: NaN })).toThrow(/"drawTemperature"/);
    const misspelt: object = { inbatch: 1 };
    expect(() => matching(misspelt)).toThrow(/"inBatch"/);
  });
});
