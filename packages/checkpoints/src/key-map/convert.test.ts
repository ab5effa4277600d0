import { memory, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { StateDictError, disposeParams } from '@crossweave/core';
import { toOurParams, toTheirParams } from './convert';
import { keyMap } from './key-map';

const map = keyMap('theirs', {
  rules: {
    'qkv.*': ['q.*', 'k.*', 'v.*'],
    proj: { transposed: 'projection.weight' },
    'norm.*': 'layernorm.*',
  },
  drops: ['head.'],
});

const theirs = () => ({
  'qkv.weight': tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
  proj: tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
  'norm.bias': tensor1d([7, 8]),
});

it('cuts, transposes and renames, and takes it all back', () => {
  const before = memory().numTensors;
  const kept = theirs();
  const given = { ...kept, 'head.weight': tensor1d([1]) };
  const ours = toOurParams(given, map);
  const read = Object.fromEntries(
    Object.entries(ours).map(([path, value]) => [path, [value.shape, ...value.dataSync()]]),
  );
  expect(read).toEqual({
    'q.weight': [[1, 2], 1, 2],
    'k.weight': [[1, 2], 3, 4],
    'v.weight': [[1, 2], 5, 6],
    'projection.weight': [[3, 2], 1, 4, 2, 5, 3, 6],
    'layernorm.bias': [[2], 7, 8],
  });

  const back = toTheirParams(ours, map);
  expect(Object.keys(back).sort()).toEqual(Object.keys(kept).sort());
  for (const [path, value] of Object.entries(kept)) {
    expect(back[path]?.shape, path).toEqual(value.shape);
    expect([...back[path]!.dataSync()], path).toEqual([...value.dataSync()]);
  }
  for (const tree of [back, ours, given]) disposeParams(tree);
  expect(memory().numTensors).toBe(before);
});

it('refuses what it cannot place', () => {
  tidy(() => {
    const x = tensor1d([1, 2]);
    const run = (params: Parameters<typeof toOurParams>[0]) => () => toOurParams(params, map);
    expect(run({ what: x })).toThrow(StateDictError);
    expect(run({ what: x })).toThrow(/theirs: .*has no rule for "what"/);
    expect(run({ 'qkv.bias': x })).toThrow(
      /"qkv.bias" cannot be split into 3 equal parts.*got \[2\]/,
    );
    expect(() => toTheirParams({ what: x }, map)).toThrow(/has no rule for "what"/);
    expect(() => toTheirParams({ 'k.bias': x, 'v.bias': x }, map)).toThrow(
      /"qkv.bias" lacks some of its 3 parts/,
    );
    const prefixed = keyMap('m', { rules: { '*': 'a.*' }, prefixes: ['model.'] });
    expect(() => toOurParams({ b: x, 'model.b': x }, prefixed)).toThrow(
      /two tensors of the checkpoint belong to "a.b"/,
    );
  });
});
