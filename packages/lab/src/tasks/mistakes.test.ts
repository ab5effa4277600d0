import { describe, expect, it } from 'vitest';
import { taskEvaluation } from './evaluate-task';
import { createTask } from './registry';

const pairs = ['a', 'b', 'a', 'b'].map((label, row) => ({
  ...{ row, id: `p${row}`, caption: `text ${row}`, label },
}));

describe('the mistakes of an evaluation', () => {
  it('are the pairs that are wrong, the surest first', () => {
    const task = createTask('classification').fit(['a', 'b']);
    // Right, wrong by a little, wrong by much, right.
    const outputs = Float32Array.from([2, 0, 1, 0, 0, 3, 0, 1]);
    const { predicted, mistakes } = taskEvaluation(task, pairs, outputs);
    expect(predicted).toEqual(['a', 'a', 'b', 'b']);
    expect(mistakes).toEqual([
      {
        ...{ pair: 2, image: 'p2', caption: 'text 2', label: 'a', predicted: 'b' },
        probability: expect.closeTo(1 / (1 + Math.exp(-3)), 6),
      },
      {
        ...{ pair: 1, image: 'p1', caption: 'text 1', label: 'b', predicted: 'a' },
        probability: expect.closeTo(1 / (1 + Math.exp(-1)), 6),
      },
    ]);
  });

  it('are named with all classes of a pair, and none for numbers', () => {
    const task = createTask('multi-label').fit([['a', 'b'], ['a'], ['b']]);
    const [pair] = pairs;
    const two = [{ ...pair!, label: ['a', 'b'] }];
    const { predicted, mistakes } = taskEvaluation(task, two, Float32Array.from([2, -2]));
    expect(predicted).toEqual(['a']);
    expect(mistakes).toMatchObject([{ label: 'a, b', predicted: 'a' }]);
    const numbers = createTask('regression').fit([1, 2, 3]);
    const found = taskEvaluation(numbers, [{ ...pair!, label: 2 }], Float32Array.of(5));
    expect(found.mistakes).toEqual([]);
  });
});
