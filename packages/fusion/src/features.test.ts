import {
  add,
  grad,
  mul,
  ones,
  reshape,
  slice,
  sum,
  tensor2d,
  tensor3d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkAligned, repeatAll, scoreInChunks, type Tokens } from './features';

/** One token of width 1 a row. */
function tokens(values: number[]): Tokens {
  return {
    tokens: tensor3d(values, [values.length, 1, 1]),
    mask: ones([values.length, 1]),
  };
}

/** 10·image + text. */
const code = (image: Tokens, text: Tokens): Tensor1D =>
  reshape(add<Tensor3D>(mul(image.tokens, 10), text.tokens), [image.tokens.shape[0]]);

describe('scoreInChunks', () => {
  const expected = [12, 13, 14, 22, 23, 24, 32, 33, 34, 42, 43, 44, 52, 53, 54];

  it.each([0, -1, 0.5, NaN])('refuses %d pairs a pass', (chunk) => {
    tidy(() => {
      const some = tokens([1, 2]);
      expect(() => scoreInChunks(some, some, chunk, code)).toThrow(/"chunk".*at least 1/);
    });
  });

  it.each([1, 2, 3, 4, 6, 7, 15, 100])('gives every pair its place, %i pairs a pass', (chunk) =>
    tidy(() => {
      const passes: number[] = [];
      const scores = scoreInChunks(
        tokens([1, 2, 3, 4, 5]),
        tokens([2, 3, 4]),
        chunk,
        (image, text, pass) => {
          expect(pass).toBe(passes.length);
          passes.push(image.tokens.shape[0]);
          return code(image, text);
        },
      );
      expect(scores.shape).toEqual([5, 3]);
      expect([...scores.dataSync()]).toEqual(expected);
      expect(Math.max(...passes)).toBeLessThanOrEqual(chunk);
      expect(passes.reduce((a, b) => a + b)).toBe(15);
    }),
  );
});

it('repeats all rows, and sums the gradients of the copies', () =>
  tidy(() => {
    const x = tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...repeatAll(x, 2).dataSync()]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    const slope = grad((y) => sum(slice(repeatAll(y, 3), [1, 0], [3, 2])))(x);
    expect([...slope.dataSync()]).toEqual([1, 1, 2, 2]);
  }));

it('says which side does not fit', () =>
  tidy(() => {
    const side = (size: number) => ({
      ...tokens(new Array<number>(size).fill(0)),
      pooled: ones<Rank.R2>([size, 1]),
    });
    expect(() => checkAligned('fuse', side(2), side(3))).toThrow(/fuse: text\.tokens.*B is 2/);
  }));
