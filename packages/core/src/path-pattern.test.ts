import { expect, it } from 'vitest';
import { anyPattern, pathPattern } from './path-pattern';

it.each<[string, string, boolean]>([
  ['pooler', 'pooler', true],
  ['pooler', 'pooler.dense.weight', true],
  ['pooler.', 'pooler.dense.weight', true],
  ['pooler', 'poolers.dense', false],
  ['pooler', 'a.pooler', false],
  ['layer1', 'layer10.conv1.weight', false],
  ['layer.*.attention', 'layer.11.attention.self.query.weight', true],
  ['layer.*.attention', 'layer.1.1.attention', false],
  ['**.bias', 'encoder.layer.0.output.dense.bias', true],
  ['**.bias', 'bias', false],
  ['**.query', 'layer.0.query.weight', true],
  ['bn*', 'bn1.weight', true],
  ['a.b', 'axb', false],
  ['a+(b)', 'a+(b).c', true],
])('%s covers %s: %s', (pattern, path, covered) => {
  expect(pathPattern(pattern)(path)).toBe(covered);
});

it('takes any of several', () => {
  const covers = anyPattern(['pooler', 'cls.**']);
  expect(['pooler.x', 'cls.predictions.bias', 'encoder.x'].map(covers)).toEqual([
    true,
    true,
    false,
  ]);
  expect(anyPattern([])('x')).toBe(false);
});
