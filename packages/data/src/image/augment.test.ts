import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changePicture, type ColourChange, type PictureChange } from './augment';

const size = 5;
const bytes = array(integer({ min: 0, max: 255 }), { minLength: 75, maxLength: 75 });
const pixel = (change: PictureChange, ...values: number[]): number[] => [
  ...changePicture(Uint8Array.from(values), 1, change),
];
const colour = (change: Partial<ColourChange>): PictureChange => ({
  colour: { brightness: 1, contrast: 1, saturation: 1, hue: 0, ...change },
});

describe('changePicture', () => {
  it('leaves a picture as it is where nothing changes', () => {
    assert(
      property(bytes, (values) => {
        const picture = Uint8Array.from(values);
        expect(changePicture(picture, size, {})).toBe(picture);
        const whole = { left: 0, top: 0, width: 1, height: 1 };
        for (const change of [{ crop: whole }, colour({}), colour({ hue: 1e-12 })]) {
          expect(changePicture(picture, size, change)).toEqual(picture);
        }
        const twice = changePicture(changePicture(picture, size, { flip: true }), size, {
          flip: true,
        });
        expect(twice).toEqual(picture);
        expect(picture).toEqual(Uint8Array.from(values));
      }),
      { numRuns: 30 },
    );
  });

  it('mirrors rows', () => {
    const picture = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const flipped = [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9];
    expect([...changePicture(picture, 2, { flip: true })]).toEqual(flipped);
  });

  it('enlarges a part between pixel centres', () => {
    const ramp = Uint8Array.from({ length: 48 }, (_, i) => 40 * (Math.floor(i / 3) % 4));
    const crop = { left: 0, top: 0, width: 0.5, height: 0.5 };
    const result = changePicture(ramp, 4, { crop });
    expect([...result.subarray(0, 12)].filter((_, i) => i % 3 === 0)).toEqual([0, 10, 30, 50]);
    expect(changePicture(ramp, 4, { crop: { ...crop, top: 0.5 } })).toEqual(result);
  });

  it('changes colours as torchvision defines it', () => {
    expect(pixel(colour({ brightness: 1.5 }), 100, 200, 0)).toEqual([150, 255, 0]);
    expect(pixel(colour({ saturation: 0 }), 100, 200, 50)).toEqual([152, 152, 152]);
    expect(pixel({ grayscale: true }, 100, 200, 50)).toEqual([152, 152, 152]);
    expect(pixel(colour({ contrast: 0 }), 100, 200, 50)).toEqual([152, 152, 152]);
    expect(pixel(colour({ hue: 1 / 3 }), 255, 0, 0)).toEqual([0, 255, 0]);
    expect(pixel(colour({ hue: -1 / 3 }), 200, 50, 50)).toEqual([50, 50, 200]);
    expect(pixel(colour({ hue: 0.5 }), 90, 90, 90)).toEqual([90, 90, 90]);
  });

  it('blurs without changing the mean of one colour, and spreads a point evenly', () => {
    const flat = new Uint8Array(75).fill(77);
    expect(changePicture(flat, size, { blur: 1.5 })).toEqual(flat);
    const point = new Uint8Array(81 * 3);
    point.fill(255, 40 * 3, 41 * 3);
    const spread = changePicture(point, 9, { blur: 0.8 });
    const at = (x: number, y: number): number => spread[(y * 9 + x) * 3]!;
    expect(at(3, 4)).toBe(at(5, 4));
    expect(at(4, 3)).toBe(at(4, 5));
    // 255 · (1 / Σ exp(−k² / 2σ²))²
    expect(at(4, 4)).toBe(63);
    expect(at(3, 4)).toBe(Math.round(63.4 * Math.exp(-1 / (2 * 0.64))));
  });

  it('gives bytes for any amounts', () => {
    assert(
      property(bytes, double({ min: 0, max: 3, noNaN: true }), (values, amount) => {
        const change = {
          ...colour({ brightness: amount, contrast: amount, saturation: amount, hue: amount / 6 }),
          blur: amount,
          crop: { left: 0.3, top: 0.1, width: 0.6, height: 0.2 },
          flip: true,
        };
        expect(changePicture(Uint8Array.from(values), size, change)).toHaveLength(75);
      }),
      { numRuns: 30 },
    );
  });
});
