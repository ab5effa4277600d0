import { expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import { mapLeaves, namedLeaves } from './named-leaves';

const isNumber = (value: unknown): value is number => typeof value === 'number';

it('names leaves by the keys that lead to them, in their order', () => {
  const tree = { b: 1, a: { x: 2, list: [3, { y: 4 }] } };
  expect(namedLeaves(tree, isNumber, 'the tree')).toEqual([
    { path: 'b', leaf: 1 },
    { path: 'a.x', leaf: 2 },
    { path: 'a.list.0', leaf: 3 },
    { path: 'a.list.1.y', leaf: 4 },
  ]);
  expect(namedLeaves(5, isNumber, 'the tree')).toEqual([{ path: '', leaf: 5 }]);
});

it('maps leaves and keeps the tree', () => {
  const tree = { a: [1, { b: 2 }] };
  const mapped = mapLeaves(tree, isNumber, 'the tree', (leaf, path) => `${path}=${leaf}`);
  expect(mapped).toEqual({ a: ['a.0=1', { b: 'a.1.b=2' }] });
});

it.each([null, 'text', new Map()])('refuses %o and says where it stands', (stranger) => {
  const read = (): unknown => namedLeaves({ a: [1, stranger] }, isNumber, 'the tree');
  expect(read).toThrow(OnnxBackendError);
  expect(read).toThrow(/the tree must be tensors .* at 'a\.1'/);
});
