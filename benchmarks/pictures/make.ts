import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foldIn, key, uniformArray } from '@crossweave/core';
import sharp from 'sharp';

/** Sides of the noise that is laid over one another, and how strong each is. */
const layers = [
  [6, 1],
  [24, 0.5],
  [96, 0.25],
  [256, 0.12],
] as const;

/** Writes JPEG files of about 500 × 375 and 60 KB, as detailed as photographs, and their captions. */
export async function makePictures(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const own = foldIn(key(1), i);
    const [a, b] = uniformArray(foldIn(own, 'size'), 2) as unknown as [number, number];
    const [width, height] = [460 + Math.floor(a * 81), 345 + Math.floor(b * 61)];
    const sum = new Float32Array(width * height * 3).fill(128);
    for (const [side, strength] of layers) {
      const noise = uniformArray(foldIn(own, side), side * side * 3);
      const small = Buffer.from(noise.map((value) => 128 + (value - 0.5) * 255 * strength));
      const raw = { width: side, height: side, channels: 3 as const };
      const layer = await sharp(small, { raw })
        .resize(width, height, { fit: 'fill' })
        .raw()
        .toBuffer();
      layer.forEach((value, at) => (sum[at]! += value - 128));
    }
    const pixels = Buffer.from(Uint8ClampedArray.from(sum).buffer);
    const name = `${String(i).padStart(5, '0')}.jpg`;
    const file = sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 });
    await writeFile(join(folder, name), await file.toBuffer());
    lines.push(JSON.stringify({ image: name, caption: 'a picture' }));
  }
  await writeFile(join(folder, 'captions.jsonl'), `${lines.join('\n')}\n`);
}
