import { tensor1d, scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import { flatten, matchOf, rebuild } from './tree';

it('takes a tree apart and puts it together again', () => {
  const [a, b, c] = [scalar(1), scalar(2), tensor1d([3])];
  const tree = { params: { w: a, b }, list: [c, 5, 'x', null, true, undefined] };
  const { tensors } = flatten(tree, 'it');
  expect(tensors).toEqual([a, b, c]);
  const queue = [c, b, a];
  const turned = rebuild(tree, () => queue.shift()!);
  expect(turned).toEqual({ params: { w: c, b }, list: [a, 5, 'x', null, true, undefined] });
});

it('tells apart all that is not the value of a tensor', () => {
  const trees: unknown[] = [
    [scalar(1)],
    scalar(1),
    [tensor1d([1])],
    [tensor1d([1, 2])],
    [scalar(1, 'int32')],
    { a: scalar(1) },
    { b: scalar(1) },
    [1],
    ['1'],
    [true],
    ['true'],
    [null],
    ['null'],
    [undefined],
    [],
    [[]],
    [0],
    [-0],
    [NaN],
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ];
  const signatures = trees.map((tree) => flatten(tree, 'it').signature);
  expect(new Set(signatures).size).toBe(trees.length);
  expect(flatten([scalar(1)], 'it').signature).toBe(flatten([scalar(7)], 'it').signature);
  trees.forEach((known, i) => {
    const match = matchOf(known);
    expect(trees.map((tree) => match(tree, []))).toEqual(trees.map((_, j) => i === j));
  });
});

it('matches a tree of other tensors, and gives them in order', () => {
  const match = matchOf({ params: { w: scalar(1), b: scalar(2) }, list: [tensor1d([3]), 5] });
  const [a, b, c] = [scalar(4), scalar(5), tensor1d([6])];
  const found: Tensor[] = [];
  expect(match({ params: { w: a, b }, list: [c, 5] }, found)).toBe(true);
  expect(found.map(({ id }) => id)).toEqual([a, b, c].map(({ id }) => id));
});

it.each([[new Float32Array(1)], [() => 1], [new Map()], [1n], [Symbol('s')]])(
  'refuses %s and names the place',
  (value) => {
    expect(() => flatten([value], 'argument 2')).toThrow(OnnxBackendError);
    expect(() => flatten([value], 'argument 2')).toThrow(/argument 2 may hold tensors/);
  },
);
