import {
  logSoftmax,
  memory,
  mul,
  neg,
  oneHot,
  softplus,
  sum,
  tensor1d,
  tensor2d,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, DataError, FileFormatError } from '@crossweave/core';
import { testOptions, testTask } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { defineTask, type TaskParts } from './define-task';

const runner = { describe, it };
const thresholds = [1, 2, 3, 4];
const stars: TaskParts<number> = {
  name: 'stars',
  outputs: 4,
  read: (label) => [1, 2, 3, 4, 5].find((star) => star === label),
  loss: (outputs, given) => {
    const signs = given.map((value) => thresholds.map((s) => (value > s ? -1 : 1)));
    return sum(softplus(mul(outputs, tensor2d(signs))), 1);
  },
  predict: (outputs) => 1 + outputs.filter((x) => x > 0).length,
  metrics: {
    accuracy: { best: 1, of: (predicted, given) => Number(predicted === given) },
    mae: { best: 0, of: (predicted, given) => Math.abs(predicted - given) },
  },
};
const given = [5, 1, 3, 2, 4, 5, 3, 1, 2, 4];
testTask(() => defineTask(stars), runner, { labels: given, wrong: 6 });

/** Which of three letters, with the metric that is there when none is named. */
const letters = ['a', 'b', 'c'];
const letter: TaskParts<string> = {
  name: 'letter',
  outputs: 3,
  read: (label) => letters.find((each) => each === label),
  loss: (outputs, wanted) => {
    const places = tensor1d(
      wanted.map((each) => letters.indexOf(each)),
      'int32',
    );
    return neg(sum<Tensor1D>(mul(logSoftmax<Tensor2D>(outputs), oneHot(places, 3)), 1));
  },
  predict: (outputs) => letters[outputs.indexOf(Math.max(...outputs))]!,
};
const sample = ['a', 'b', 'c', 'a', 'b', 'c', 'a'];
testTask(() => defineTask(letter), runner, { labels: sample, wrong: 'd' });
testOptions('defineTask', defineTask, runner, {
  required: letter,
  anyText: ['name'],
  anyValue: ['head'],
});

describe('defineTask', () => {
  it('has the constant outputs of least loss as its prior, and leaks nothing', () => {
    const before = memory().numTensors;
    const { prior, best, facts } = defineTask(letter).fit(sample);
    expect(memory().numTensors).toBe(before);
    const total = prior.reduce((all, x) => all + Math.exp(x), 0);
    const shares = prior.map((x) => Math.exp(x) / total);
    [3 / 7, 2 / 7, 2 / 7].forEach((share, k) => expect(shares[k]).toBeCloseTo(share, 3));
    expect(best).toEqual({ 'letter.accuracy': 1 });
    expect(facts).toEqual({ prior });
  });

  it('measures chance as what the prior says', () => {
    const task = defineTask(letter).fit(sample);
    expect(task.chance(['a', 'a', 'b', 'c'])).toEqual({ 'letter.accuracy': 0.5 });
  });

  it('says which label it does not take, and refuses facts of another width', () => {
    expect(() => defineTask(stars).fit([1, 9])).toThrow(DataError);
    expect(() => defineTask(stars).fit([1, 9])).toThrow(/stars.*9/s);
    expect(() => defineTask(stars).restore({ prior: [0, 1] })).toThrow(FileFormatError);
    expect(() => defineTask({ ...stars, outputs: 0 })).toThrow(ConfigError);
  });
});
