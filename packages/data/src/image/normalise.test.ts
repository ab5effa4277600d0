import { readFileSync } from 'node:fs';
import { ConfigError, ShapeError } from '@crossweave/core';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';
import { normaliseImages, unitNormalisation } from './normalise';

interface Exact {
  readonly name: string;
  readonly size: number;
  readonly png: string;
  readonly values: number[];
}

const { exact } = JSON.parse(
  readFileSync(new URL('../../fixtures/images.json', import.meta.url), 'utf8'),
) as { exact: Exact[] };

describe('normaliseImages', () => {
  it.each(exact)("gives torchvision's values for $name", async ({ name, size, png, values }) => {
    const picture = await decodeImage(Buffer.from(png, 'base64'), name, { size });
    const tensor = normaliseImages([picture], size);
    expect(tensor.shape).toEqual([1, size, size, 3]);
    expect(tensor.dtype).toBe('float32');
    const got = tensor.dataSync();
    expect(got).toHaveLength(values.length);
    values.forEach((value, i) => {
      expect(Math.abs(value - (got[i] ?? Number.NaN))).toBeLessThanOrEqual(1e-6);
    });
    tensor.dispose();
  });

  it('keeps pictures apart, takes another normalisation and leaves one tensor', () => {
    const before = memory().numTensors;
    const pictures = [new Uint8Array(12).fill(0), new Uint8Array(12).fill(255)];
    const tensor = normaliseImages(pictures, 2, unitNormalisation);
    expect([...tensor.dataSync()]).toEqual([
      ...new Array<number>(12).fill(0),
      ...new Array<number>(12).fill(1),
    ]);
    expect(memory().numTensors).toBe(before + 1);
    tensor.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('refuses buffers and deviations that do not fit', () => {
    expect(() => normaliseImages([new Uint8Array(11)], 2)).toThrow(ShapeError);
    expect(() =>
      normaliseImages([new Uint8Array(12)], 2, { mean: [0, 0, 0], std: [1, 0, 1] }),
    ).toThrow(ConfigError);
  });
});
