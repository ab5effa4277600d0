import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { normaliseImages, type Preprocessing } from '@crossweave/data';
import { preparePictures, type PictureFile } from '../pictures/prepare-pictures';

/** What the original makes of the pictures and captions; see tooling/reference/pretrained.py. */
export interface Expected {
  readonly captions: string[];
  readonly ids: number[][];
  readonly mask: number[][];
  /** [3, H, W, 3] bytes in base64. */
  readonly pixels: string;
  readonly image: number[][];
  readonly text: number[][];
  readonly logits: number[][];
}

/** A checkpoint's folder in `fixtures/`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

export function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(fixture(name), 'expected.json'), 'utf8')) as Expected;
}

/** The three JPEG files: a wide, a tall and a small one. */
export function pictureFiles(): Promise<PictureFile[]> {
  return Promise.all(
    [0, 1, 2].map(async (i) => {
      const name = fixture(`pictures/${i}.jpg`);
      return { name, bytes: await readFile(name) };
    }),
  );
}

/** The pictures as the original prepared them. */
export function originalPictures(
  { pixels }: Expected,
  { size, normalise }: Preprocessing,
): Tensor4D {
  const bytes = Buffer.from(pixels, 'base64');
  const each = size * size * 3;
  const pictures = [0, 1, 2].map((i) => Uint8Array.from(bytes.subarray(i * each, (i + 1) * each)));
  return normaliseImages(pictures, size, normalise);
}

/** The pictures as they are prepared here. */
export async function ownPictures(preprocessing: Preprocessing): Promise<Tensor4D> {
  return preparePictures(await pictureFiles(), preprocessing);
}

/** The largest difference of numbers. */
export function furthest(got: Tensor, expected: readonly (readonly number[])[]): number {
  const values = [...got.dataSync()];
  const flat = expected.flat();
  if (values.length !== flat.length) throw new Error(`${values.length} values, not ${flat.length}`);
  return Math.max(...values.map((value, i) => Math.abs(value - flat[i]!)));
}
