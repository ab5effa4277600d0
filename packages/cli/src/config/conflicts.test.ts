import { expect, it } from 'vitest';
import { tinyModel } from '../cli.testing';
import { requireNoConflict } from './conflicts';
import { parseConfig } from './parse';
import { trainSchema } from './schema';

function check(training: object, rest: { data?: object; task?: object } = {}): void {
  const config = {
    ...{ ...tinyModel, ...rest },
    data: { captions: 'c.jsonl', ...rest.data },
    training: { steps: 4, batchSize: 4, ...training },
  };
  requireNoConflict(parseConfig(trainSchema, config, 'test'));
}
const optimizer = (options: object): object => ({ optimizer: { name: 'adamw', options } });

it.each<[string, object]>([
  [
    '"learningRate" is said twice',
    { ...optimizer({ learningRate: 1 }), learningRate: { image: 1e-3 } },
  ],
  ['"weightDecay" is said twice', { ...optimizer({ weightDecay: 0.1 }), weightDecay: 0.2 }],
  ['"clipNorm" is said twice', { ...optimizer({ clipNorm: 5 }), clipNorm: 2 }],
  ['"warmup" is said twice', { schedule: { name: 'cosine', options: { warmup: 3 } }, warmup: 1 }],
])('refuses a config in which %s', (message, training) => {
  expect(() => {
    check(training);
  }).toThrow(message);
});

it('takes what is said once, or the same', () => {
  check({});
  check(optimizer({ learningRate: 1, weightDecay: 0.1, clipNorm: 5 }));
  check({ ...optimizer({ weightDecay: 0.1 }), weightDecay: 0.1 });
  check({ schedule: { name: 'cosine', options: { warmup: 3 } } });
});

it('refuses to calibrate or choose by the split that is reported', () => {
  const task = { name: 'classification' };
  expect(() => {
    check({}, { data: { val: 'test' }, task });
  }).toThrow(/"data\.val" is the split that is reported/);
  check({}, { data: { val: 'test' } });
  check({}, { task });
  const evaluate = { split: 'test', every: 1 };
  expect(() => {
    check({ evaluate: { ...evaluate, best: { metric: 'loss' } } });
  }).toThrow(/"training\.evaluate\.split" is the split that is reported/);
  check({ evaluate });
});
