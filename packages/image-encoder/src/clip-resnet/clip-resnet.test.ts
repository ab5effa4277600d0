import { tidy, type Rank } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  countParameters,
  inference,
  key,
  normal,
  parameter,
} from '@crossweave/core';
import { imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectForeignReference, expectReference } from '../reference.testing';
import { openClipResNetKeys } from './keys';
import { clipRN50, clipResNet } from './presets';

const fixture = loadFixture(new URL('../../fixtures/clip-resnet.json', import.meta.url));

it('equals open_clip in features, stages and every gradient, and goes back', () => {
  tidy(() => {
    const reference = fixture.case('inference');
    expectForeignReference(clipResNet(reference.options), reference, openClipResNetKeys);
  });
});

it('equals open_clip in training, statistics included', () => {
  tidy(() => {
    const reference = fixture.case('training');
    expectReference(clipResNet(reference.options), reference, true);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 9, width: 16 });
  const tiny = { layers: [1, 1], widths: [2, 2], heads: 2, projection: 3 } as const;
  const create = () => clipResNet({ ...tiny, imageSize: [9, 16], dropPath: 0.3 });
  testEncoder(create, { describe, it }, { input });
});

it('RN50 has OpenAI’s number of parameters and tokens', () => {
  expect(clipRN50().features).toEqual({ dim: 1024, tokens: 49 });
  expect(clipRN50({ imageSize: [288, 224] }).features.tokens).toBe(63);
  expect(clipRN50().name).toBe('clip-resnet(3-4-6-3, 64-128-256-512)');
  tidy(() => {
    const params = clipRN50().init(key(0));
    expect(countParameters(params)).toBe(38_316_896);
    expect(parameter(params, 'visual.attnpool.positional_embedding').shape).toEqual([50, 2048]);
  });
});

it('takes pictures of any size when told so, by positions of one', () => {
  tidy(() => {
    const encoder = clipResNet({
      ...{ layers: [1, 1], widths: [2, 2], heads: 2, projection: 3 },
      ...{ imageSize: 'any', positionSize: 16 },
    });
    const params = encoder.init(key(0));
    for (const [height, width] of [
      [16, 16],
      [8, 24],
    ] as const) {
      const image = normal<Rank.R4>(key(1), [1, height, width, 3]);
      const { tokens } = encoder.apply(params, image, inference);
      expect(tokens.shape).toEqual([1, (height / 8) * (width / 8), 3]);
    }
  });
});

it('refuses pictures that leave no place', () => {
  expect(() => clipRN50({ imageSize: 30 })).toThrow(/clipRN50: .*too small.*at least 31.*got 30/);
  tidy(() => {
    const encoder = clipResNet({
      ...{ layers: [1, 1], widths: [2, 2], heads: 2, projection: 3 },
      ...{ imageSize: 'any', positionSize: 16 },
    });
    const image = normal<Rank.R4>(key(1), [1, 16, 6, 3]);
    expect(() => encoder.apply(encoder.init(key(0)), image, inference)).toThrow(ShapeError);
  });
});

it.each([
  [{ width: 64 }, /clipResNet: there is no option "width".*"widths"/],
  [{ layers: [1, 1] }, /"layers" and "widths" must list/],
  [{ layers: [1], widths: [3] }, /"widths\[0\]" is odd.*got 3/],
  [{ heads: 3 }, /"heads" must divide.*divisor of 2048.*got 3/],
  [{ projection: 0 }, /"projection"/],
  [{ dropPath: NaN }, /"dropPath"/],
])('refuses %j', (options, message) => {
  expect(() => clipResNet(options as object)).toThrow(ConfigError);
  expect(() => clipResNet(options as object)).toThrow(message);
});
