import { describe, expect, it } from 'vitest';
import { enlarge, enlarged, unchanged } from './enlarge';

const whole = (from: number, full: number) => enlarged(from, full, 0, full);

describe('enlarge', () => {
  it("gives the values of Pillow's BICUBIC for a ramp", () => {
    const ramp = Uint8Array.from({ length: 6 * 3 }, (_, i) => 40 * Math.floor(i / 3));
    const result = enlarge(ramp, whole(6, 16), unchanged(1));
    expect([...result].filter((_, i) => i % 3 === 0)).toEqual([
      0, 1, 14, 31, 48, 63, 78, 93, 108, 123, 138, 153, 169, 186, 199, 204,
    ]);
  });

  it('cuts a window out of the whole, from the pixels that it is made of', () => {
    const [width, height] = [20, 30];
    const picture = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256);
    const all = enlarge(picture, whole(width, 50), whole(height, 70));
    const [columns, rows] = [enlarged(width, 50, 22, 3), enlarged(height, 70, 31, 4)];
    expect([columns.first, columns.count, rows.first, rows.count]).toEqual([7, 5, 12, 5]);
    const needed = Array.from({ length: rows.count }, (_, y) => {
      const at = ((rows.first + y) * width + columns.first) * 3;
      return [...picture.subarray(at, at + columns.count * 3)];
    });
    const cut = enlarge(Uint8Array.from(needed.flat()), columns, rows);
    expect(cut).toHaveLength(3 * 4 * 3);
    for (let y = 0; y < 4; y++) {
      const at = ((y + 31) * 50 + 22) * 3;
      expect(cut.subarray(y * 9, y * 9 + 9)).toEqual(all.subarray(at, at + 9));
    }
  });

  it('leaves a picture of the same size alone and one colour one colour', () => {
    const picture = new Uint8Array(2 * 3 * 3).fill(200);
    expect(enlarge(picture, unchanged(3), unchanged(2))).toBe(picture);
    expect(new Set(enlarge(picture, whole(3, 8), whole(2, 7)))).toEqual(new Set([200]));
  });
});
