import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { key, type PooledFeatures } from '@crossweave/core';
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

  it('takes a false text of one pair that is a caption of another image for no negative of it', () => {
    const pooled = (values: number[][]): PooledFeatures => ({ pooled: tensor2d(values) });
    const given = {
      image: pooled([[1, 0], [0, 1], [0.6, 0.8]]), // prettier-ignore
      text: pooled([[0.8, 0.6], [0, 1], [1, 0]]), // prettier-ignore
      negatives: pooled([[0, 1], [0.8, 0.6], [-1, 0]]), // prettier-ignore
    };
    const outputs = {
      ...given,
      embed: (_side: 'image' | 'text', features: PooledFeatures): Tensor2D => features.pooled,
    };
    const batch = {
      ...{ size: 3, ids: ['a', 'b', 'c'], groups: ['a', 'b', 'c'], captions: ['x', 'y', 'z'] },
      ...{ image: null, text: null },
      // Of the first pair "false one"; of the second the caption of the first; of the third another.
      negativeCaptions: ['false one', 'x', 'false two'],
    };
    const { compute } = multipleNegativesRanking({ temperature: 1 });
    const run = (of: typeof batch | Omit<typeof batch, 'negativeCaptions'>) =>
      compute({}, outputs as never, of, { training: true, key: key(0) });
    const sum = (cosines: number[]): number =>
      Math.log(cosines.reduce((total, cosine) => total + Math.exp(cosine), 0));
    const [first, second, third] = [
      [0.8, 0, 1, 0, 0.8, -1],
      [0.6, 1, 0, 1, 0.6, 0],
      [0.96, 0.8, 0.6, 0.8, 0.96, -0.6],
    ] as const;
    const all = sum([...first]) - 0.8 + sum([...second]) - 1 + sum([...third]) - 0.6;
    const { negativeCaptions, ...unknown } = batch;
    expect(negativeCaptions).toHaveLength(3);
    expect(run(unknown).total.dataSync()[0]).toBeCloseTo(all / 3, 5);
    const without = all - sum([...first]) + sum(first.filter((_, j) => j !== 4));
    const found = run(batch);
    expect(found.total.dataSync()[0]).toBeCloseTo(without / 3, 5);
    expect(found.terms['negatives']!.dataSync()[0]).toBeCloseTo((4 + 5 + 5) / 3, 5);
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
