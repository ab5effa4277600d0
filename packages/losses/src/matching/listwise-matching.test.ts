import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { listwiseMatching } from './listwise-matching';

const runner = { describe, it };
testLoss(() => listwiseMatching({ inBatch: 1, hard: true }), runner, { ordered: true });
// All negatives are drawn, so the order of pairs has no part in it.
testLoss(() => listwiseMatching({ inBatch: 3 }), runner);
testLoss(() => listwiseMatching({ inBatch: 0 }), runner, { negatives: [2] });

describe('listwiseMatching', () => {
  it('has the chance level of a choice among all candidates', () => {
    expect(listwiseMatching({ inBatch: 2 }).chance!(8, 3)).toBeCloseTo(Math.log(6), 12);
    expect(listwiseMatching({ inBatch: 5 }).chance!(3)).toBeCloseTo(Math.log(3), 12);
    expect(listwiseMatching({ negatives: false }).chance!(1, 3)).toBe(0);
  });
});
