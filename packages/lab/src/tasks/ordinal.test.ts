import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, FileFormatError, inference, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { rankProbabilities } from './measure-ranks';
import { createTask } from './registry';
import { fitTemperature } from './temperature';

const order = ['poor', 'fair', 'good', 'best'];
const graded = createTask('ordinal', { order });

describe('labels of ranks', () => {
  it('are whole numbers in their own order, or texts that are one', () => {
    const { facts, outputs, predict } = createTask('ordinal').fit([10, '9', -1, 9, '10.0', 10]);
    expect(facts).toEqual({ ranks: [-1, 9, 10], shares: [1 / 6, 2 / 6, 3 / 6] });
    expect(outputs).toBe(2);
    expect(predict([1, -1])).toMatchObject({ label: 9 });
    for (const wrong of [2.5, '2.5', 'good', '', '0x10', ['1'], Number.NaN]) {
      expect(() => createTask('ordinal').fit([1, 2, wrong])).toThrow(DataError);
    }
  });

  it('are the classes of the order, and no others', () => {
    expect(graded.fit(['good', 'poor', 'best', 'poor']).facts).toEqual({
      ranks: ['poor', 'good', 'best'],
      shares: [0.5, 0.25, 0.25],
    });
    const task = createTask('ordinal', { order: ['1', 'x'] }).fit([1, 'x']);
    expect(task.predict([-1])).toMatchObject({ label: '1' });
    for (const wrong of ['great', 3, ['poor']]) {
      expect(() => graded.fit(['poor', 'good', wrong])).toThrow(/one of poor, fair, good, best/);
    }
  });

  it('are of two ranks or more', () => {
    expect(() => createTask('ordinal').fit([3, '3', 3])).toThrow(/two ranks or more/);
    expect(() => graded.fit(['fair', 'fair'])).toThrow(DataError);
    for (const wrong of [['one'], ['a', 'a'], 'poor']) {
      expect(() => createTask('ordinal', { order: wrong })).toThrow(ConfigError);
    }
  });

  it('restore only a task whose order has them', () => {
    const { facts } = graded.fit(['good', 'poor']);
    expect(graded.restore(facts).facts).toEqual(facts);
    for (const other of [
      ['good', 'poor'],
      ['poor', 'fair'],
    ]) {
      expect(() => createTask('ordinal', { order: other }).restore(facts)).toThrow(FileFormatError);
    }
    expect(() => createTask('ordinal').restore(facts)).toThrow(FileFormatError);
    expect(() => createTask('ordinal').restore({ ranks: [2, 1], shares: [0.5, 0.5] })).toThrow(
      FileFormatError,
    );
  });
});

describe('the head of ranks', () => {
  it('has one weight for all outputs and begins at the shares of the training split', () => {
    const task = graded.fit(['poor', 'fair', 'fair', 'best']);
    const params = task.init(key(1), 3);
    expect(params['out.weight']!.shape).toEqual([1, 3]);
    const [first, second] = params['out.bias']!.dataSync() as Float32Array;
    // 3/4 are above poor, 1/4 above fair.
    expect([first, second]).toEqual([
      expect.closeTo(Math.log(3), 6),
      expect.closeTo(-Math.log(3), 6),
    ]);
    const outputs = tidy(() => {
      const joint: Tensor2D = tensor2d([
        [1, 2, 3],
        [-1, 0, 5],
      ]);
      return task.apply(params, joint, inference).arraySync();
    });
    for (const [above, below] of outputs) expect(above! - below!).toBeCloseTo(2 * Math.log(3), 5);
    Object.values(params).forEach((value) => {
      value.dispose();
    });
  });
});

describe('predictions of ranks', () => {
  it('count the probabilities above one half, also where they are not in order', () => {
    const { predict } = graded.fit(order);
    expect(predict([2, 1, -1])).toMatchObject({ label: 'good' });
    expect(predict([-1, -2, -3])).toMatchObject({ label: 'poor' });
    const unordered = predict([-1, 2, 1]);
    expect(unordered.label).toBe('good');
    const all = unordered.probabilities!.map(({ probability }) => probability);
    expect(all.every((p) => p >= 0)).toBe(true);
    expect(all.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
  });

  it('have the differences of neighbouring probabilities', () => {
    const [high, low] = [1 / (1 + Math.exp(-1.5)), 1 / (1 + Math.exp(0.5))];
    const expected = [1 - high, high - low, low];
    rankProbabilities([1.5, -0.5]).forEach((p, k) => {
      expect(p).toBeCloseTo(expected[k]!, 12);
    });
  });
});

describe('figures of ranks', () => {
  const row = (level: number): number[] => [0, 1, 2].map((k) => 6 * (level - k - 0.5));
  const outputs = (...levels: number[]) => Float32Array.from(levels.flatMap(row));

  it('are in ranks', () => {
    const task = graded.fit(order);
    const { metrics, outcomes, classes, confusions } = task.measure(outputs(0, 3, 2, 1), [
      'poor',
      'fair',
      'good',
      'good',
    ]);
    expect(outcomes['ordinal.mae']).toEqual([0, 2, 0, 1]);
    expect(metrics['ordinal.mae']).toBe(0.75);
    expect(metrics['ordinal.accuracy']).toBe(0.5);
    expect(classes![0]).toMatchObject({ label: 'good', support: 2, recall: 0.5 });
    expect(confusions).toContainEqual({ label: 'fair', predicted: 'best', count: 1 });
  });

  it('count a rank that training did not show as wrong, at its place', () => {
    const numbers = createTask('ordinal').fit([1, 2, 4, 5]);
    expect([3, 4].map((label) => numbers.knows!(label))).toEqual([false, true]);
    const { metrics, outcomes } = numbers.measure(outputs(1, 2, 0), [3, 4, 2]);
    // 1, 2, 3, 4, 5: said are 2, 4 and 1.
    expect(outcomes['ordinal.mae']).toEqual([1, 0, 1]);
    expect(metrics['ordinal.logLoss']).toBeGreaterThan(10);
    const texts = graded.fit(['poor', 'good', 'best', 'poor']);
    expect(texts.knows!('fair')).toBe(false);
    const said = texts.measure(Float32Array.of(4, -4), ['fair']);
    expect(said.outcomes['ordinal.mae']).toEqual([1]);
    tidy(() => {
      const one = tensor2d([[4, -4]]);
      expect(texts.loss(one, ['fair']).dataSync()[0]).toBe(0);
    });
  });

  it('have the error of the median of the training split as chance', () => {
    const task = graded.fit(['poor', 'fair', 'fair', 'best', 'best', 'best', 'best', 'best']);
    expect(task.chance(['poor', 'best', 'good'])).toEqual({
      'ordinal.mae': (3 + 0 + 1) / 3,
      'ordinal.accuracy': 1 / 3,
      'ordinal.quadraticKappa': 0,
      'ordinal.spearman': 0,
    });
  });

  it('take a temperature that leaves the ranks as they are', () => {
    const task = graded.fit(order);
    const labels = ['poor', 'good', 'good', 'best', 'fair'];
    const sure = outputs(0, 1, 2, 3, 1);
    const temperature = fitTemperature(task, sure, labels);
    expect(temperature).toBeGreaterThan(1.1);
    const cooled = sure.map((value) => value / temperature);
    const [before, after] = [sure, cooled].map((each) => task.measure(each, labels).metrics);
    expect(after!['ordinal.logLoss']).toBeLessThan(before!['ordinal.logLoss']!);
    expect(after!['ordinal.mae']).toBe(before!['ordinal.mae']);
  });
});
