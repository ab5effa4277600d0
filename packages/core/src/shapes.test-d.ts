import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { expectTypeOf, test } from 'vitest';
import { checkShapes } from './shapes';

declare const tokens: Tensor3D;
declare const mask: Tensor2D;

test('the letters of all shapes are the keys of the result', () => {
  const letters = checkShapes('test', {
    tokens: [tokens, ['B', 'N', 'D']],
    mask: [mask, ['B', 'N']],
  });
  expectTypeOf(letters).toHaveProperty('B').toEqualTypeOf<number>();
  expectTypeOf(letters).toHaveProperty('D').toEqualTypeOf<number>();
  expectTypeOf<keyof typeof letters>().toEqualTypeOf<'B' | 'N' | 'D'>();
  // @ts-expect-error no shape has this letter
  expectTypeOf(letters.H).toBeNumber();
});

test('exact sizes and stars are not keys of the result', () => {
  expectTypeOf(checkShapes('test', { mask: [mask, ['B', 3]] })).toEqualTypeOf<
    Record<'B', number>
  >();
  expectTypeOf(checkShapes('test', { mask: [mask, ['B', '*']] })).toEqualTypeOf<
    Record<'B', number>
  >();
});

test('dimensions are letters and sizes', () => {
  // @ts-expect-error a boolean is not a dimension
  checkShapes('test', { mask: [mask, ['B', true]] });
});
