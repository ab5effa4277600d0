import { memory, tidy, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { foldIn, key, noDraws, split, uniformArray } from './keys';
import { initConv2d, initLinear, initTransformerBlock, truncatedNormal } from './nn';
import type { Params } from './params';
import { initialShapes, shapesOf } from './param-shapes';

const module = {
  init: (from: Parameters<typeof foldIn>[0]): Params => ({
    ...initTransformerBlock(foldIn(from, 'block'), 'block', { dim: 4, hidden: 8 }),
    ...initLinear(split(from)[1]!, 'head', { in: 4, out: 2 }),
    ...initConv2d(from, 'conv', { in: 3, out: 4, kernel: 3 }),
    cls_token: truncatedNormal(from, [1, 1, 4]),
  }),
};

it('are those of a real start, which costs nothing', () => {
  const before = memory().numTensors;
  const shapes = initialShapes(module);
  expect(memory().numTensors).toBe(before);
  tidy(() => {
    expect(shapes).toEqual(shapesOf(module.init(key(0))));
    expect(module.init(noDraws)['head.weight']!.dataSync()).toEqual(zeros([2, 4]).dataSync());
  });
});

it('noDraws stays what it is under split and foldIn, and is the key of no seed', () => {
  expect(foldIn(noDraws, 'a')).toBe(noDraws);
  expect(split(noDraws, 3).every((child) => child === noDraws)).toBe(true);
  expect([...uniformArray(noDraws, 2)]).toEqual([0, 0]);
  expect(uniformArray(key(0), 2)).not.toEqual(uniformArray(noDraws, 2));
});
