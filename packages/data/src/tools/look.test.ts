import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../image/decode';
import { findLikes, lookOf, looksLike, type Look } from './look';

/** A picture of soft blotches that depend on the seed. */
async function blotches(seed: number): Promise<Buffer> {
  const small = Buffer.from(
    Array.from(
      { length: 8 * 8 * 3 },
      (_, i) => ((i + 1) * (seed * 2 + 7919) * 31 + i * i * (seed + 3)) % 256,
    ),
  );
  return sharp(small, { raw: { width: 8, height: 8, channels: 3 } })
    .resize(200, 160, { fit: 'fill' })
    .png()
    .toBuffer();
}
const look = async (file: Buffer): Promise<Look> =>
  lookOf(await decodeImage(file, 'x', { size: 9 }));

describe('looksLike', () => {
  it('knows a picture that is scaled, compressed again, brighter or slightly cut', async () => {
    for (const seed of [1, 2, 3]) {
      const file = await blotches(seed);
      const own = await look(file);
      const changed = [
        await sharp(file).resize(90, 70, { fit: 'fill' }).jpeg({ quality: 60 }).toBuffer(),
        await sharp(file).linear(1.04, 3).webp({ quality: 70 }).toBuffer(),
        await sharp(file).extract({ left: 2, top: 1, width: 197, height: 158 }).png().toBuffer(),
      ];
      for (const each of changed) expect(looksLike(own, await look(each))).toBe(true);
      expect(looksLike(own, await look(await blotches(seed + 10)))).toBe(false);
      expect(looksLike(own, await look(await sharp(file).flop().png().toBuffer()))).toBe(false);
    }
  });

  it('tells flat pictures apart by their colours', () => {
    const flat = (level: number): Look => lookOf(new Uint8Array(9 * 9 * 3).fill(level));
    expect(looksLike(flat(10), flat(12))).toBe(true);
    expect(looksLike(flat(10), flat(60))).toBe(false);
  });
});

describe('findLikes', () => {
  it('finds what comparing each with each finds', () => {
    let state = 7;
    const draw = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
    const looks: Look[] = [];
    for (let i = 0; i < 400; i++) {
      const near = i > 20 && i % 4 === 0 ? looks[draw() % i]! : undefined;
      const bits = Uint32Array.from({ length: 4 }, (_, w) => near?.bits[w] ?? draw());
      if (near !== undefined)
        for (let k = draw() % 12; k > 0; k--) bits[draw() % 4]! ^= 1 << (draw() % 32);
      looks.push({ bits, mean: near?.mean ?? [draw() % 256, draw() % 256, draw() % 256] });
    }
    const groupOf = (at: number): string => `group ${at % 3}`;
    const expected = looks.flatMap((own, later) => {
      const firsts = new Map<string, number>();
      for (let earlier = 0; earlier < later; earlier++) {
        if (!firsts.has(groupOf(earlier)) && looksLike(looks[earlier]!, own))
          firsts.set(groupOf(earlier), earlier);
      }
      return Array.from(firsts.values(), (earlier) => [earlier, later]);
    });
    expect(expected.length).toBeGreaterThan(50);
    const order = (pairs: number[][]): number[][] =>
      pairs.sort(([a, b], [c, d]) => 1000 * (b! - d!) + a! - c!);
    expect(order(findLikes(looks, groupOf))).toEqual(order(expected));
  });
});
