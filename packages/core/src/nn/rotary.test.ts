import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { rotate, rotation } from './rotary';

it('turns pairs of values by the angle of their token', () => {
  tidy(() => {
    const x = tensor4d([1, 2, 3, 4, 1, 2, 3, 4], [1, 1, 2, 4]);
    const turned = rotate(x, rotation([[], [Math.PI / 2, Math.PI]], 4)).dataSync();
    // A quarter turn takes (1, 3) to (−3, 1), half a turn (2, 4) to (−2, −4).
    [1, 2, 3, 4, -3, -2, 1, -4].forEach((value, i) => expect(turned[i]).toBeCloseTo(value, 5));
  });
});

it('keeps products that depend on the distance alone', () => {
  tidy(() => {
    const x = tensor4d([0.3, -1, 2, 0.7, 0.3, -1, 2, 0.7, 0.3, -1, 2, 0.7], [1, 1, 3, 4]);
    const places = rotation(
      [3, 5, 7].map((place) => [place, place / 10]),
      4,
    );
    const rows = rotate(x, places).arraySync()[0]![0]!;
    const product = (i: number, j: number): number =>
      rows[i]!.reduce((sum, value, k) => sum + value * rows[j]![k]!, 0);
    expect(product(0, 1)).toBeCloseTo(product(1, 2), 5);
  });
});

it('refuses another number of angles or tokens', () => {
  tidy(() => {
    expect(() => rotation([[1]], 4)).toThrow(ShapeError);
    const x = tensor4d([1, 2, 3, 4], [1, 1, 1, 4]);
    expect(() => rotate(x, rotation([[], []], 4))).toThrow(ShapeError);
  });
});
