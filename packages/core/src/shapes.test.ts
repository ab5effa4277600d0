import { memory, tidy, zeros } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ShapeError } from './errors';
import { checkShapes, showShape } from './shapes';

const check = (run: () => void): void => {
  tidy(() => {
    run();
  });
};

const disposed = () => {
  const one = zeros([1, 2]);
  one.dispose();
  return one;
};

describe('checkShapes', () => {
  it('returns what each letter stands for', () =>
    check(() => {
      const letters = checkShapes('test', {
        tokens: [zeros([2, 5, 8]), ['B', 'N', 'D']],
        mask: [zeros([2, 5]), ['B', 'N']],
        scale: [zeros([]), []],
      });
      expect(letters).toEqual({ B: 2, N: 5, D: 8 });
    }));

  it('takes sizes of zero as sizes', () =>
    check(() => {
      expect(checkShapes('test', { empty: [zeros([0, 3]), ['B', 3]] })).toEqual({ B: 0 });
      expect(() => checkShapes('test', { a: [zeros([0]), ['B']], b: [zeros([1]), ['B']] })).toThrow(
        '(B is 0 in a)',
      );
      expect(() => checkShapes('test', { a: [zeros([2]), [0]] })).toThrow(ShapeError);
    }));

  it('binds nothing to a star', () =>
    check(() => {
      const letters = checkShapes('test', {
        a: [zeros([2, 3]), ['*', '*']],
        b: [zeros([4]), ['B']],
      });
      expect(letters).toEqual({ B: 4 });
    }));

  it.each([
    ['nothing', () => undefined, 'got nothing'],
    ['a list', () => [[1, 2]], 'got object'],
    ['a tensor that was disposed', () => disposed(), 'got a tensor that was disposed'],
  ])('tells %s in the place of a tensor', (_what, make, got) => {
    expect(() => checkShapes('test', { image: [make() as never, ['B', 'D']] })).toThrow(
      `test: image is not there; expected a tensor; ${got}.`,
    );
  });

  it('tells a wrong rank', () =>
    check(() => {
      expect(() =>
        checkShapes('vit.apply', { image: [zeros([2, 3]), ['B', 'H', 'W', 3]] }),
      ).toThrow('vit.apply: image has 2 dimensions; expected [B, H, W, 3]; got [2, 3].');
    }));

  it('tells a wrong exact size', () =>
    check(() => {
      expect(() => checkShapes('vit.apply', { image: [zeros([1, 4]), ['B', 3]] })).toThrow(
        'vit.apply: image does not fit; expected [B, 3]; got [1, 4].',
      );
    }));

  it('tells which tensor had bound the letter', () =>
    check(() => {
      const tensors = {
        'image.pooled': [zeros([2, 8]), ['B', 'D']],
        'text.pooled': [zeros([3, 8]), ['B', 'D']],
      } as const;
      expect(() => checkShapes('fuse', tensors)).toThrow(
        'fuse: text.pooled does not fit (B is 2 in image.pooled); expected [B, D]; got [3, 8].',
      );
    }));

  it('wants the same letter to be the same size within one tensor', () =>
    check(() => {
      expect(checkShapes('test', { square: [zeros([3, 3]), ['B', 'B']] })).toEqual({ B: 3 });
      expect(() => checkShapes('test', { square: [zeros([3, 4]), ['B', 'B']] })).toThrow(
        'square does not fit (B is 3 in square)',
      );
    }));

  it('makes no tensors', () =>
    check(() => {
      const value = zeros([2, 2]);
      const before = memory().numTensors;
      checkShapes('test', { value: [value, ['B', 'D']] });
      expect(memory().numTensors).toBe(before);
    }));
});

describe('showShape', () => {
  it('writes letters and sizes in brackets', () => {
    expect(showShape([])).toBe('[]');
    expect(showShape(['B', 0, '*'])).toBe('[B, 0, *]');
  });
});
