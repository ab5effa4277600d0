import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { multipleNegativesRanking } from './multiple-negatives-ranking';

const runner = { describe, it };
const embeds = { embeds: [true] };
testLoss(() => multipleNegativesRanking({ temperature: 'learned' }), runner, embeds);
testLoss(
  () => multipleNegativesRanking({ directions: ['i2t', 't2i', 'i2i', 't2t'] }),
  runner,
  embeds,
);
testLoss(
  () => multipleNegativesRanking({ directions: ['t2i', 'i2t'], partition: 'per-direction' }),
  runner,
  embeds,
);

describe('multipleNegativesRanking', () => {
  it('counts every candidate for its chance level', () => {
    const all = multipleNegativesRanking({ directions: ['i2t', 't2i', 'i2i', 't2t'] });
    expect(all.chance!(4, 2)).toBeCloseTo(Math.log(12 + 4 + 3 + 9), 10);
    const both = multipleNegativesRanking({
      directions: ['i2t', 't2i'],
      partition: 'per-direction',
    });
    expect(both.chance!(4, 2)).toBeCloseTo((Math.log(12) + Math.log(4)) / 2, 10);
  });

  it('refuses directions without the true pair', () => {
    expect(() => multipleNegativesRanking({ directions: ['t2i'] })).toThrow(/lacks "i2t"/);
    expect(() => multipleNegativesRanking({ directions: ['i2t', 'i2t'] })).toThrow(/none twice/);
    expect(() =>
      multipleNegativesRanking({ directions: ['i2t', 'i2i'], partition: 'per-direction' }),
    ).toThrow(/true pair among the candidates/);
    expect(() => multipleNegativesRanking({ hardnessStrength: -1 })).toThrow(/hardnessStrength/);
  });
});
