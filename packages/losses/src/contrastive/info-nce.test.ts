import { scalar, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { inference, key, normal, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { infoNCE } from './info-nce';

const runner = { describe, it };
testLoss(() => infoNCE(), runner, { negatives: [0] });
testLoss(() => infoNCE({ temperature: 'learned' }), runner, { negatives: [0] });
testLoss(() => infoNCE({ direction: 'i2t', negatives: true, labelSmoothing: 0.1 }), runner, {
  negatives: [2],
});
testLoss(() => infoNCE({ direction: 't2i', duplicates: 'positive' }), runner, { negatives: [0] });

/** Outputs whose scores are these numbers; nothing else of them may be read. */
function scored(rows: number[][]): ModelOutputs {
  return { score: () => tensor2d(rows) } as unknown as ModelOutputs;
}

function batchOf(groups: string[]) {
  return { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
}

function totalOf(loss = infoNCE(), rows: number[][], groups: string[]): number {
  return tidy(() => {
    const params = loss.init?.(key(0)) ?? {};
    return loss.compute(params, scored(rows), batchOf(groups), inference).total.dataSync()[0]!;
  });
}

describe('infoNCE', () => {
  it('is −log(exp(s/T) / Σ exp(s_i/T)) of a pair of pairs, by hand', () => {
    const rows = [
      [0.9, 0.1],
      [0.3, 0.5],
    ];
    const against = (own: number, other: number): number =>
      -Math.log(Math.exp(own / 0.1) / (Math.exp(own / 0.1) + Math.exp(other / 0.1)));
    const i2t = (against(0.9, 0.1) + against(0.5, 0.3)) / 2;
    const t2i = (against(0.9, 0.3) + against(0.5, 0.1)) / 2;
    const both = infoNCE({ temperature: 0.1 });
    expect(totalOf(both, rows, ['a', 'b'])).toBeCloseTo((i2t + t2i) / 2, 5);
    const oneWay = infoNCE({ temperature: 0.1, direction: 'i2t' });
    expect(totalOf(oneWay, rows, ['a', 'b'])).toBeCloseTo(i2t, 5);
    expect(totalOf(infoNCE({ temperature: 0.1, direction: 't2i' }), rows, ['a', 'b'])).toBeCloseTo(
      t2i,
      5,
    );
  });

  it('stands near ln B at chance level for random cosines', () =>
    tidy(() => {
      const size = 64;
      const cosines = normal(key(5), [size, size], 0, 0.01).arraySync() as number[][];
      const groups = cosines.map((_, i) => String(i));
      const loss = infoNCE({ temperature: 0.1 });
      expect(loss.chance!(size)).toBeCloseTo(Math.log(64), 10);
      expect(Math.abs(totalOf(loss, cosines, groups) - Math.log(64))).toBeLessThan(0.05);
      expect(infoNCE({ negatives: true }).chance!(4, 2)).toBeCloseTo(
        (Math.log(6) + Math.log(4)) / 2,
      );
    }));

  it('never takes a row of the same image for a negative', () => {
    const groups = ['a', 'a', 'b'];
    const with1 = (s: number): number[][] => [
      [1, s, 0],
      [s, 2, 0],
      [0, 0, 1],
    ];
    expect(totalOf(infoNCE(), with1(-3), groups)).toBe(totalOf(infoNCE(), with1(50), groups));
    expect(totalOf(infoNCE(), [[7]], ['a'])).toBeCloseTo(0, 10);
  });

  it('learns its temperature within [0.01, 1], and reports it', () =>
    tidy(() => {
      const loss = infoNCE({ temperature: { initial: 0.07 } });
      const start = loss.init!(key(0))['logit_scale']!;
      expect(start.dataSync()[0]).toBeCloseTo(Math.log(1 / 0.07), 5);
      const report = (logitScale: number): number => {
        const params = { logit_scale: scalar(logitScale) };
        const { terms } = loss.compute(params, scored([[1]]), batchOf(['a']), inference);
        return terms['temperature']!.dataSync()[0]!;
      };
      expect(report(Math.log(1 / 0.07))).toBeCloseTo(0.07, 6);
      expect(report(9)).toBeCloseTo(0.01, 6);
      expect(report(-9)).toBeCloseTo(1, 6);
    }));

  it('counts a row as right only when its own text is strictly first', () =>
    tidy(() => {
      const accuracy = (rows: number[][]): number => {
        const { terms } = infoNCE().compute({}, scored(rows), batchOf(['a', 'b']), inference);
        return terms['accuracy']!.dataSync()[0]!;
      };
      expect(
        accuracy([
          [2, 1],
          [1, 2],
        ]),
      ).toBe(1);
      expect(
        accuracy([
          [2, 1],
          [2, 2],
        ]),
      ).toBe(0.5);
      expect(
        accuracy([
          [NaN, 1],
          [1, 2],
        ]),
      ).toBe(0.5);
    }));

  it('refuses a temperature of 0 and a batch without the negatives it was told to use', () => {
    expect(() => infoNCE({ temperature: 0 })).toThrow(/"temperature".*got 0/);
    expect(() => infoNCE({ temperature: { initial: 2 } })).toThrow(/"temperature.*\[0\.01, 1\].*2/);
    expect(() => totalOf(infoNCE({ negatives: true }), [[1]], ['a'])).toThrow(/no hard negatives/);
  });
});
