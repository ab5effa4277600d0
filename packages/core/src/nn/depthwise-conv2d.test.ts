import { memory, tidy, zeros, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { key, normal } from '../keys';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { depthwiseConv2d } from './depthwise-conv2d';

const fixture = loadFixture(new URL('../../fixtures/depthwise.json', import.meta.url));

it.each(fixture.names)('has PyTorch’s values and gradients: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectFixture(reference, (params, { x }) => ({
      y: depthwiseConv2d(params, 'conv', x as Tensor4D, reference.options),
    }));
  });
});

it('refuses other channels, and leaks nothing', () => {
  const params = { 'conv.weight': zeros([3, 1, 3, 3]) };
  const x = normal<Rank.R4>(key(0), [1, 4, 4, 3]);
  const other = normal<Rank.R4>(key(0), [1, 4, 4, 2]);
  const before = memory().numTensors;
  depthwiseConv2d(params, 'conv', x, { padding: 1 }).dispose();
  expect(() => depthwiseConv2d(params, 'conv', other)).toThrow(ShapeError);
  expect(memory().numTensors).toBe(before);
  for (const value of [x, other, params['conv.weight']]) value.dispose();
});
