import { key } from '@crossweave/core';
import { expect, it } from 'vitest';
import { equalityFusion, tinySplit } from '../tiny.testing';
import * as checks from './checks';

const params = {};
const fusion = equalityFusion('joint');

it.each<[string, ReturnType<typeof checks.floatArray>, readonly unknown[], readonly unknown[]]>([
  [
    'an array of floats',
    checks.floatArray(),
    [new Float32Array(1), new Float64Array(0)],
    [[1], new Int32Array(1)],
  ],
  ['a signal', checks.abortSignal(), [new AbortController().signal], [new AbortController(), {}]],
  ['a key', checks.randomKey(), [key(0), key(2 ** 40)], [0, {}, { high: 1 }, { high: 1, low: -1 }]],
  ['a seed', checks.seed(), [0, 7], [-1, 0.5, 2 ** 53, '1']],
  ['a split', checks.pairSplit(), [tinySplit(1)], [{ records: [] }, null]],
  [
    'a fitted fusion',
    checks.fittedFusion(),
    [{ fusion, params }],
    [{ fusion }, { params }, { fusion: {}, params }, fusion],
  ],
  [
    'plain data',
    checks.plainData(),
    [null, 0, 'a', [1, { a: undefined }], { a: [true] }],
    [undefined, Number.NaN, [Infinity], { a: () => 1 }, Symbol('a'), 1n],
  ],
])('%s', (_name, { accepts }, right, wrong) => {
  expect(right.filter(accepts)).toEqual(right);
  expect(wrong.filter(accepts)).toEqual([]);
});
