import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ResizeFilter } from './filters';
import { resample, sideOf, type Side } from './resample';

interface Case {
  readonly from: [width: number, height: number];
  readonly to: [width: number, height: number];
  readonly filter: ResizeFilter;
  readonly sha256: string;
}

const fixture = new URL('../../fixtures/resample.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const named = cases.map((each) => ({
  ...each,
  name: `${each.from.join('×')} to ${each.to.join('×')} by ${each.filter}`,
}));

/** The picture of tooling/reference/resample.py. */
function picture(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    i % 5 === 0 ? 255 * (Math.floor(i / 60) % 2) : (i * i * 31 + i * 7) % 256,
  );
}

const whole = (from: number, full: number, filter: ResizeFilter = 'bicubic'): Side =>
  sideOf(from, full, 0, full, filter);

describe('resample', () => {
  it.each(named)("gives the bytes of Pillow's resize for $name", ({ from, to, filter, sha256 }) => {
    const [columns, rows] = [whole(from[0], to[0], filter), whole(from[1], to[1], filter)];
    const result = resample(picture(...from), columns, rows, filter);
    expect(result).toHaveLength(to[0] * to[1] * 3);
    expect(createHash('sha256').update(result).digest('hex')).toBe(sha256);
  });

  it.each([
    [20, 30, 50, 70],
    [90, 80, 30, 20],
    [90, 20, 30, 70],
  ])('cuts a window out of %i×%i made %i×%i, from the pixels it is made of', (w, h, fw, fh) => {
    const before = picture(w, h);
    const all = resample(before, whole(w, fw), whole(h, fh), 'bicubic');
    const columns = sideOf(w, fw, 11, 3, 'bicubic');
    const rows = sideOf(h, fh, 9, 4, 'bicubic');
    const needed = Array.from({ length: rows.count }, (_, y) => {
      const at = ((rows.first + y) * w + columns.first) * 3;
      return [...before.subarray(at, at + columns.count * 3)];
    });
    const cut = resample(Uint8Array.from(needed.flat()), columns, rows, 'bicubic');
    expect(cut).toHaveLength(3 * 4 * 3);
    for (let y = 0; y < 4; y++) {
      const at = ((y + 9) * fw + 11) * 3;
      expect(cut.subarray(y * 9, y * 9 + 9)).toEqual(all.subarray(at, at + 9));
    }
  });

  it('needs no more of an enlarged side than the wanted pixels are made of', () => {
    const { first, count } = sideOf(20, 50, 22, 3, 'bicubic');
    expect([first, count]).toEqual([7, 5]);
  });

  it.each([
    [8, 6],
    [20, 6],
    [8, 30],
    [20, 60],
  ])('gives a result of %i×%i that the next picture does not change', (w, h) => {
    const first = resample(picture(20, 30), whole(20, w), whole(30, h), 'bicubic');
    const before = Uint8Array.from(first);
    resample(new Uint8Array(20 * 30 * 3), whole(20, w), whole(30, h), 'bicubic');
    expect(first).toEqual(before);
  });

  it('works on wide rows one at a time', () => {
    const columns = whole(400_000, 2);
    const before = new Uint8Array(400_000 * 3 * 3).fill(7);
    expect(new Set(resample(before, columns, whole(3, 3), 'bicubic'))).toEqual(new Set([7]));
  });

  it('leaves a picture of the same size alone and one colour one colour', () => {
    const before = new Uint8Array(2 * 3 * 3).fill(200);
    expect(resample(before, whole(3, 3), whole(2, 2), 'bicubic')).toBe(before);
    const larger = resample(before, whole(3, 8), whole(2, 7), 'bicubic');
    expect(new Set(larger)).toEqual(new Set([200]));
  });
});
