import { zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { requireWidth } from './require-width';

it('names the layer, the expected and the given shape', () => {
  const x = zeros([2, 3]);
  expect(() => requireWidth('encoder.fc', x, 4)).toThrow(ShapeError);
  expect(() => requireWidth('encoder.fc', x, 4)).toThrow(/encoder\.fc.*\[\.\.\., 4\].*\[2, 3\]/);
  expect(() => requireWidth('encoder.fc', x, 3)).not.toThrow();
  x.dispose();
});
