import { expect, it } from 'vitest';
import { StateDictError } from '@crossweave/core';
import { keyMap } from './key-map';
import { planLoad } from './plan';

const map = keyMap('theirs', {
  rules: { 'qkv.*': ['q.*', 'k.*', 'v.*'], proj: { transposed: 'projection.weight' } },
  drops: ['head.'],
});
const plan = (shapes: Record<string, number[]>, options: object = {}) =>
  planLoad(shapes, { where: 'file', ...options });

it('takes names as they are without a map', () => {
  expect([...plan({ a: [2, 3] }).params]).toEqual([
    ['a', { name: 'a', transposed: false, shape: [2, 3] }],
  ]);
});

it('takes what lies under a prefix, without it', () => {
  const { params, unknown } = plan({ 'bert.a': [2], 'cls.a': [3] }, { prefix: 'bert.' });
  expect([[...params.keys()], unknown]).toEqual([['a'], []]);
});

it('cuts, transposes, drops and reports by the map', () => {
  const shapes = { 'qkv.weight': [6, 4], proj: [4, 8], 'head.weight': [3, 4], other: [1] };
  const { params, unknown } = plan(shapes, { keyMap: map });
  expect(unknown).toEqual(['other']);
  expect(Object.fromEntries(params)).toEqual({
    'q.weight': { name: 'qkv.weight', part: { index: 0, of: 3 }, transposed: false, shape: [2, 4] },
    'k.weight': { name: 'qkv.weight', part: { index: 1, of: 3 }, transposed: false, shape: [2, 4] },
    'v.weight': { name: 'qkv.weight', part: { index: 2, of: 3 }, transposed: false, shape: [2, 4] },
    'projection.weight': { name: 'proj', transposed: true, shape: [8, 4] },
  });
});

it('refuses what cannot be cut, and two tensors for one parameter', () => {
  expect(() => plan({ 'qkv.weight': [5, 4] }, { keyMap: map })).toThrow(StateDictError);
  expect(() => plan({ 'qkv.bias': [] }, { keyMap: map })).toThrow(/cannot be cut into 3.*\[\]/);
  const twice = keyMap('twice', { rules: { a: 'x', b: 'x' } });
  expect(() => plan({ a: [1], b: [1] }, { keyMap: twice })).toThrow(
    /two tensors claim "x"; got a, b/,
  );
});
