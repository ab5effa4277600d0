import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';

const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#369' } });

/** A PNG that says it has these sides and holds 8 × 8 pixels. */
async function claiming(width: number, height: number): Promise<Uint8Array> {
  const file = await image.clone().png().toBuffer();
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

describe('decodeImage refuses by the header', () => {
  it('more pixels than it is told', async () => {
    const file = await image.clone().png().toBuffer();
    await expect(decodeImage(file, 'big.png', { maxPixels: 63 })).rejects.toThrow(
      /big\.png: the image is too large; expected at most 63 pixels; got 8 × 8 pixels.*maxPixels/,
    );
    await expect(decodeImage(file, 'x', { maxPixels: 64, size: 8 })).resolves.toHaveLength(192);
  });

  it('more than a hundred million pixels, before it looks for them', async () => {
    const failure = decodeImage(await claiming(10_000, 10_001), 'x');
    await expect(failure).rejects.toThrow(/at most 100000000 pixels; got 10000 × 10001 pixels/);
    const within = decodeImage(await claiming(10_000, 10_000), 'x');
    await expect(within).rejects.toThrow(/cannot be decoded/);
  });

  it('more than twenty million pixels of AVIF', async () => {
    const file = await image.clone().avif({ effort: 0 }).toBuffer();
    // The box that states width and height.
    const sides = file.indexOf('ispe') + 8;
    file.writeUInt32BE(5000, sides);
    file.writeUInt32BE(4001, sides + 4);
    const failure = decodeImage(file, 'x');
    await expect(failure).rejects.toThrow(/at most 20000000 pixels; got 5000 × 4001 pixels/);
  });

  it('what takes more than 900 MB by estimate', async () => {
    const file = await image
      .clone()
      .withMetadata({ orientation: 6 })
      .webp({ lossless: true })
      .toBuffer();
    // 3 channels, three times and once more to turn it. 14 bits each of width − 1 and height − 1.
    const sides = file.indexOf('VP8L') + 9;
    file.writeUInt32LE((file.readUInt32LE(sides) & 0xf0000000) | (8999 << 14) | 8999, sides);
    const frame = file.indexOf('VP8X') + 12;
    file.writeUIntLE(8999, frame, 3);
    file.writeUIntLE(8999, frame + 3, 3);
    const failure = decodeImage(file, 'x');
    await expect(failure).rejects.toThrow(/at most 75000000 pixels; got 9000 × 9000 pixels/);
  });
});
