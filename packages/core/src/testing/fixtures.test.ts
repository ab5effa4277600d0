import { add, mul, square, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { FileFormatError, StateDictError } from '../errors';
import { ConformanceError } from './check';
import { expectClose, expectFixture, loadFixture, type FixtureCase } from './fixtures';

describe('loadFixture', () => {
  const url = new URL('../../fixtures/nn.json', import.meta.url);

  it('restores tensors with their types and shapes', () => {
    tidy(() => {
      const fixture = loadFixture(url);
      expect(fixture.names).toContain('embedding');
      const { inputs, params, outputs, gradients } = fixture.case('embedding');
      expect(inputs['ids']!.dtype).toBe('int32');
      expect(inputs['ids']!.shape).toEqual([2, 3]);
      expect(params['layer.weight']!.dtype).toBe('float32');
      expect(outputs['y']!.shape).toEqual([2, 3, 3]);
      expect(Object.keys(gradients)).toEqual(['layer.weight']);
    });
  });

  it('names the cases there are, and refuses other files', () => {
    expect(() => loadFixture(url).case('linaer')).toThrow(StateDictError);
    const other = new URL('../../package.json', import.meta.url);
    expect(() => loadFixture(other)).toThrow(FileFormatError);
  });
});

describe('expectClose', () => {
  it('compares shapes and values, and lets no NaN pass', () => {
    tidy(() => {
      const expected = tensor1d([1, 2]);
      expect(() => expectClose(tensor1d([1, 2.0001]), expected)).not.toThrow();
      expect(() => expectClose(tensor1d([1, 2.1]), expected)).toThrow(/value 1 of 2/);
      expect(() => expectClose(tensor2d([[1, 2]]), expected)).toThrow(/shape/);
      expect(() => expectClose(tensor1d([NaN, 2]), tensor1d([NaN, 2]))).toThrow(ConformanceError);
    });
  });
});

describe('expectFixture', () => {
  // y = a·x² + 1 at x = 3, a = 2, with weight 10: dy/dx = 10·2ax, dy/da = 10·x²
  const reference = (): FixtureCase => ({
    options: {},
    params: { a: tensor1d([2]) },
    inputs: { x: tensor1d([3]) },
    outputs: { y: tensor1d([19]) },
    weights: { y: tensor1d([10]) },
    gradients: { x: tensor1d([120]), a: tensor1d([90]) },
  });

  it('passes the computation itself and reports a wrong value or gradient by name', () => {
    tidy(() => {
      expectFixture(reference(), ({ a }, { x }) => ({ y: add(mul(a!, square(x!)), 1) }));
      expect(() =>
        expectFixture(reference(), ({ a }, { x }) => ({ y: mul(a!, square(x!)) })),
      ).toThrow(/y differs/);
      expect(() =>
        expectFixture(reference(), ({ a }, { x }) => ({ y: add(mul(a!, mul(x!, 3)), 1) })),
      ).toThrow(/gradient of x/);
    });
  });
});
