import { DataError, foldIn, key, randomInteger, type Key } from '@crossweave/core';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeImage } from './decode';

const [width, height] = [40, 28];
const pixels = Uint8Array.from(
  { length: width * height * 3 },
  (_, i) => (i * i * 31 + i * 7) % 253,
);
const source = sharp(pixels, { raw: { width, height, channels: 3 } });
const files = {
  png: () => source.clone().png().toBuffer(),
  'png interlaced': () => source.clone().png({ progressive: true, palette: true }).toBuffer(),
  jpeg: () => source.clone().jpeg().toBuffer(),
  'jpeg progressive': () => source.clone().jpeg({ progressive: true }).toBuffer(),
  webp: () => source.clone().webp().toBuffer(),
  'webp lossless': () => source.clone().webp({ lossless: true }).toBuffer(),
  gif: () => source.clone().gif().toBuffer(),
  tiff: () => source.clone().tiff({ compression: 'none' }).toBuffer(),
  'tiff tiles': () => source.clone().tiff({ compression: 'lzw', tile: true }).toBuffer(),
  avif: () => source.clone().avif({ effort: 0 }).toBuffer(),
};

/** Cut, or with a few bytes changed, most of them near the beginning, or with a part left out. */
function mutate(file: Buffer, random: Key): Buffer {
  const draw = (name: string | number, below: number): number =>
    randomInteger(foldIn(random, name), below);
  const kind = draw('kind', 10);
  if (kind === 0) return file.subarray(0, draw('length', file.length));
  if (kind === 1) {
    const start = draw('start', file.length);
    const end = start + 1 + draw('count', 40);
    return Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  }
  const copy = Buffer.from(file);
  const reach = kind < 7 ? Math.min(120, file.length) : file.length;
  for (let i = 0; i <= draw('changes', 4); i++) {
    copy[draw(`at ${i}`, reach)] = [0, 0xff, 0x7f, draw(`byte ${i}`, 256)][draw(`how ${i}`, 4)]!;
  }
  return copy;
}

it.each(Object.entries(files))(
  'decodes a changed %s to the size asked for, or throws a typed error',
  async (name, make) => {
    const file = await make();
    let decoded = 0;
    for (let i = 0; i < 60; i++) {
      const changed = mutate(file, foldIn(foldIn(key(11), name), i));
      try {
        const picture = await decodeImage(changed, `${name} ${i}`, {
          size: 16,
          maxPixels: 10 ** 6,
        });
        expect(picture).toHaveLength(16 * 16 * 3);
        decoded++;
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        expect((error as DataError).message).toContain(`${name} ${i}: the image`);
      }
    }
    // Else the changes would all be too coarse to get past the header.
    expect(decoded).toBeLessThan(60);
    expect(decoded).toBeGreaterThan(0);
  },
);
