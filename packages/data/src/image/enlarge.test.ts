import { describe, expect, it } from 'vitest';
import { enlarge, type Side } from './enlarge';

const whole = (from: number, full: number): Side => ({ from, full, start: 0, size: full });

describe('enlarge', () => {
  it("gives the values of Pillow's BICUBIC for a ramp", () => {
    const ramp = Uint8Array.from({ length: 6 * 3 }, (_, i) => 40 * Math.floor(i / 3));
    const result = enlarge(ramp, whole(6, 16), whole(1, 1));
    expect([...result].filter((_, i) => i % 3 === 0)).toEqual([
      0, 1, 14, 31, 48, 63, 78, 93, 108, 123, 138, 153, 169, 186, 199, 204,
    ]);
  });

  it('cuts a window out of the whole', () => {
    const picture = Uint8Array.from({ length: 4 * 5 * 3 }, (_, i) => (i * 37) % 256);
    const all = enlarge(picture, whole(5, 9), whole(4, 11));
    const cut = enlarge(
      picture,
      { from: 5, full: 9, start: 2, size: 3 },
      { from: 4, full: 11, start: 5, size: 4 },
    );
    expect(cut).toHaveLength(3 * 4 * 3);
    for (let y = 0; y < 4; y++) {
      const row = ((y + 5) * 9 + 2) * 3;
      expect(cut.subarray(y * 9, y * 9 + 9)).toEqual(all.subarray(row, row + 9));
    }
  });

  it('leaves a picture of the same size alone and one colour one colour', () => {
    const picture = new Uint8Array(2 * 3 * 3).fill(200);
    expect(enlarge(picture, whole(3, 3), whole(2, 2))).toBe(picture);
    expect(new Set(enlarge(picture, whole(3, 8), whole(2, 7)))).toEqual(new Set([200]));
  });
});
