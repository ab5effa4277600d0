import { readFileSync } from 'node:fs';
import { DataError } from '@crossweave/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';

interface Case {
  readonly name: string;
  readonly size: number;
  readonly file: string;
  readonly rgb?: string;
  readonly tolerance?: number;
  readonly refused?: string;
}

const fixture = new URL('../../fixtures/image-formats.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

describe('decodeImage', () => {
  const decoded = cases.filter(({ rgb }) => rgb !== undefined);
  it.each(decoded)(
    "gives Pillow's pixels of $name",
    async ({ name, size, file, rgb, tolerance }) => {
      const picture = await decodeImage(bytes(file), name, { size });
      const differences = bytes(rgb!).map((value, i) => Math.abs(value - picture[i]!));
      expect(picture).toHaveLength(size * size * 3);
      expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance!);
    },
  );

  const refused = cases.filter(({ refused }) => refused !== undefined);
  it.each(refused)('refuses $name', async ({ name, file, refused }) => {
    const failure = await decodeImage(bytes(file), `${name} (line 3)`).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(DataError);
    expect((failure as DataError).message).toContain(`${name} (line 3)`);
    expect((failure as DataError).message).toContain(refused);
  });

  it('gives what is stored without loss the same pixels at any size, whatever the format', async () => {
    const [width, height] = [190, 130];
    const noise = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => (i * i * 31 + i * 7) % 253,
    );
    const image = sharp(noise, { raw: { width, height, channels: 3 } });
    const png = await image.png().toBuffer();
    const others = [
      await image.webp({ lossless: true }).toBuffer(),
      await image.tiff({ compression: 'deflate' }).toBuffer(),
      await image.png({ progressive: true }).toBuffer(),
    ];
    for (const size of [20, 60, 129, 200]) {
      for (const resize of ['squash', 'shortest-and-centre-crop'] as const) {
        const expected = await decodeImage(png, 'png', { size, resize });
        for (const other of others) {
          const picture = await decodeImage(other, 'other', { size, resize });
          expect(Buffer.compare(picture, expected)).toBe(0);
        }
      }
    }
  });

  it('scales a JPEG as it scales its own pixels in a PNG', async () => {
    const pixels = Uint8Array.from({ length: 400 * 400 * 3 }, (_, i) => (i * i * 31 + i * 7) % 253);
    const jpeg = await sharp(pixels, { raw: { width: 400, height: 400, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer();
    const png = await sharp(jpeg).png().toBuffer();
    const expected = await decodeImage(png, 'png', { size: 40 });
    expect(await decodeImage(jpeg, 'jpeg', { size: 40 })).toEqual(expected);
  });

  it('takes the inks of CMYK by their profile, or by a general one', async () => {
    for (const colour of ['#a06050', '#507090']) {
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background: colour } });
      for (const source of [image.clone().withIccProfile('cmyk'), image.clone()]) {
        const cmyk = source.toColourspace('cmyk');
        const jpeg = await cmyk.clone().jpeg({ quality: 100 }).toBuffer();
        const tiff = await cmyk.clone().tiff({ compression: 'lzw' }).toBuffer();
        expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
        const picture = await decodeImage(jpeg, colour, { size: 8 });
        expect(await decodeImage(tiff, colour, { size: 8 })).toEqual(picture);
        const wanted = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
        // Inks cannot mix every colour of a screen; a wrong sign or order would be far off.
        wanted.forEach((value, i) => {
          expect(Math.abs(picture[i]! - value)).toBeLessThanOrEqual(20);
        });
      }
    }
  });
});
