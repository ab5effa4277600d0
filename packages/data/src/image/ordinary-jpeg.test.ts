import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeOrdinaryJpeg } from './ordinary-jpeg';

async function noise(width: number, height: number): Promise<Buffer> {
  const create = {
    ...{ width, height, channels: 3 as const, background: '#000' },
    noise: { type: 'gaussian' as const, mean: 120, sigma: 60 },
  };
  return sharp({ create }).png().toBuffer();
}

/** The bytes that sharp decodes, as three channels. */
async function bySharp(file: Buffer): Promise<Buffer> {
  return sharp(file).toColourspace('srgb').removeAlpha().raw().toBuffer();
}

const sizes = [
  [1, 1],
  [2, 3],
  [7, 5],
  [16, 16],
  [17, 33],
  [131, 67],
  [500, 375],
] as const;

describe('decodeOrdinaryJpeg', () => {
  it.each(sizes)('gives the bytes of sharp at %i × %i', async (width, height) => {
    const png = await noise(width, height);
    for (const quality of [5, 60, 100]) {
      for (const progressive of [false, true]) {
        for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
          const file = await sharp(png)
            .jpeg({ quality, progressive, chromaSubsampling })
            .toBuffer();
          const found = decodeOrdinaryJpeg(file);
          expect([found?.width, found?.height]).toEqual([width, height]);
          expect((await bySharp(file)).equals(found!.pixels)).toBe(true);
        }
      }
    }
  });

  it('gives grey three equal channels', async () => {
    const file = await sharp(await noise(40, 30))
      .grayscale()
      .jpeg()
      .toBuffer();
    const { pixels } = decodeOrdinaryJpeg(file)!;
    expect((await bySharp(file)).equals(pixels)).toBe(true);
  });

  it('leaves to sharp what is not ordinary, and goes on afterwards', async () => {
    const png = await noise(64, 48);
    const file = await sharp(png).jpeg().toBuffer();
    const turned = await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const unusual = [
      turned,
      await sharp(png).withIccProfile('p3').jpeg().toBuffer(),
      await sharp(png).toColourspace('cmyk').jpeg().toBuffer(),
      file.subarray(0, file.length / 2),
      file.subarray(0, 100),
      png,
      Buffer.alloc(0),
    ];
    for (const each of unusual) {
      expect(decodeOrdinaryJpeg(each)).toBeUndefined();
      expect(decodeOrdinaryJpeg(file)?.width).toBe(64);
    }
    expect(decodeOrdinaryJpeg(file, 64 * 48)?.pixels).toHaveLength(64 * 48 * 3);
    expect(decodeOrdinaryJpeg(file, 64 * 48 - 1)).toBeUndefined();
    const upright = await sharp(png).withMetadata({ orientation: 1 }).jpeg().toBuffer();
    expect(decodeOrdinaryJpeg(upright)?.width === 64).toBe(!upright.includes('ICC_PROFILE'));
  });

  it('survives any damage', async () => {
    const file = await sharp(await noise(90, 60))
      .jpeg({ quality: 70 })
      .toBuffer();
    let state = 1;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    for (let i = 0; i < 2000; i++) {
      const damaged = Buffer.from(file);
      for (let k = draw(4); k >= 0; k--) damaged[draw(file.length)] = draw(256);
      const found = decodeOrdinaryJpeg(
        damaged.subarray(0, draw(3) === 0 ? draw(file.length) : undefined),
      );
      if (found !== undefined) expect(found.pixels).toHaveLength(found.width * found.height * 3);
    }
    expect(decodeOrdinaryJpeg(file)?.width).toBe(90);
  });
});
