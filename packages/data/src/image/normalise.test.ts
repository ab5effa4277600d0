import { readFileSync } from 'node:fs';
import { ConfigError, ShapeError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';
import {
  imagenetNormalisation,
  normaliseImages,
  unitNormalisation,
  type Normalisation,
} from './normalise';

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

  it.each([1, 2, 3, 16, 47])('rounds to float32 after every step, at %i pixels a side', (size) => {
    const { mean, std } = imagenetNormalisation;
    const picture = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 7) % 256);
    const tensor = normaliseImages([picture, picture], size);
    const [m, s] = [mean, std].map((each) => each.map(Math.fround)) as [number[], number[]];
    const expected = Float32Array.from(
      picture,
      (value, i) => Math.fround(Math.fround(value / 255) - m[i % 3]!) / s[i % 3]!,
    );
    const got = tensor.dataSync();
    expect(got.subarray(0, picture.length)).toEqual(expected);
    expect(got.subarray(picture.length)).toEqual(expected);
    tensor.dispose();
  });

  it('gives finite values for a picture of one colour', () => {
    const tensor = normaliseImages([new Uint8Array(12).fill(77)], 2);
    expect(new Set(tensor.dataSync()).size).toBe(3);
    expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
    tensor.dispose();
  });

  it('refuses buffers that do not fit', () => {
    expect(() => normaliseImages([new Uint8Array(11)], 2)).toThrow(ShapeError);
    expect(() => normaliseImages([new Uint8Array(12)], 2.5)).toThrow(/"size".*whole number.*2\.5/);
  });

  it.each([
    { mean: [0, 0, 0], std: [1, 0, 1] },
    { mean: [0, 0, 0], std: [1, -1, 1] },
    { mean: [0, 0, 0], std: [1, 1, 1e-50] },
    { mean: [0, 0, Number.NaN], std: [1, 1, 1] },
    { mean: [0, 0, Infinity], std: [1, 1, 1] },
    { mean: [0, 0], std: [1, 1, 1] },
    { mean: [0, 0, 0, 0], std: [1, 1, 1] },
    { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
    { mean: 0.5, std: 0.5 },
    { mean: [0, 0, 0] },
  ])('refuses the statistics %j', (statistics) => {
    const wrong = statistics as unknown as Normalisation;
    expect(() => normaliseImages([new Uint8Array(12)], 2, wrong)).toThrow(ConfigError);
  });
});

testOptions(
  'normaliseImages',
  (statistics) => normaliseImages([new Uint8Array(3)], 1, statistics),
  { describe, it },
  { required: unitNormalisation },
);
