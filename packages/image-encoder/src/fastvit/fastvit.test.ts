import { tidy } from '@tensorflow/tfjs-core';
import { ConfigError } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference } from '../reference.testing';
import { fastVit } from './fastvit';

const fixture = loadFixture(new URL('../../fixtures/fastvit.json', import.meta.url));

it.each([
  ['inference', false],
  ['training', true],
])('equals timm in features, stages and every gradient in %s', (name, training) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(fastVit(reference.options), reference, training);
  });
});

const tiny = { layers: [1, 1], widths: [2, 32], squeeze: [false, true], projection: 4 };

describe('conforms', () => {
  const input = imageInput({ height: 20, width: 17 });
  const options = { ...tiny, imageSize: [20, 17], dropPath: 0.3 } as const;
  testEncoder(() => fastVit(options), { describe, it }, { input });
});

it('has the sizes of MobileCLIP-S1', () => {
  const { name, features } = fastVit();
  expect([name, features]).toEqual([
    'fastvit(4-12-20-4, 64-128-256-512)',
    { dim: 512, tokens: 64 },
  ]);
  expect(fastVit({ projection: false }).features.dim).toBe(1024);
});

it.each([
  [{ width: 1 }, /fastVit: there is no option "width"/],
  [{ layers: [1] }, /"layers" and "widths" disagree on the number of stages/],
  [{ squeeze: [true] }, /"squeeze" and "widths" disagree/],
  [{ ...tiny, widths: [2, 20] }, /width of stage 1.*of 32, the width of a head; got 20/],
  [{ ...tiny, widths: [3, 32] }, /width of stage 1.*a multiple of 3/],
  [{ mlpRatio: 0 }, /"mlpRatio"/],
  [{ dropPath: 1 }, /"dropPath"/],
])('refuses %j', (options, message) => {
  expect(() => fastVit(options as object)).toThrow(ConfigError);
  expect(() => fastVit(options as object)).toThrow(message);
});
