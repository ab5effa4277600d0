import { readFileSync } from 'node:fs';
import { tidy } from '@tensorflow/tfjs-core';
import { ConfigError, key } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference } from '../reference.testing';
import { torchvisionMobileNetV3Keys } from './keys';
import { mobileNetV3, mobileNetV3Small } from './presets';

const folder = new URL('../../fixtures/', import.meta.url);
const fixture = loadFixture(new URL('mobilenet.json', folder));

it.each([
  ['inference', 'inference', false],
  ['training', 'training', true],
])('equals torchvision in features, blocks and every gradient in %s', (_, name, training) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(mobileNetV3(reference.options), reference, training);
  });
});

it('takes and leaves the stored statistics when frozen', () => {
  tidy(() => {
    const reference = fixture.case('inference');
    const encoder = mobileNetV3({ ...reference.options, frozenBatchNorm: true });
    expectReference(encoder, reference, true);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 5, width: 6 });
  const shape = { kernel: 3, expanded: 4, out: 3, stride: 1 } as const;
  const tiny = {
    stemWidth: 3,
    imageSize: [5, 6],
    dropPath: 0.3,
    blocks: [
      { ...shape, squeeze: true, activation: 'relu' },
      { ...shape, squeeze: false, activation: 'hardSwish' },
    ],
  } as const;
  testEncoder(() => mobileNetV3(tiny), { describe, it }, { input });
});

it('MobileNetV3-small has the paths and shapes of torchvision', () => {
  tidy(() => {
    const params = mobileNetV3Small().init(key(0));
    const shapes: unknown = JSON.parse(
      readFileSync(new URL('mobilenet-shapes.json', folder), 'utf8'),
    );
    expect(
      Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, shape])),
    ).toEqual(shapes);
  });
  expect(mobileNetV3Small().features).toEqual({ dim: 576, tokens: 49 });
  expect(mobileNetV3Small({ imageSize: [64, 96] }).features.tokens).toBe(6);
  expect(mobileNetV3Small().name).toBe('mobilenet-v3(small)');
  expect(torchvisionMobileNetV3Keys.toOurs('classifier.3.bias')).toEqual([]);
});

const block = { kernel: 3, expanded: 8, out: 8, squeeze: true, activation: 'relu', stride: 1 };
it.each([
  [{ width: 1 }, /mobileNetV3: there is no option "width"/],
  [{ blocks: [] }, /"blocks".*a list of at least 1/],
  [{ blocks: [{ ...block, kernel: 4 }] }, /"blocks\[0\].kernel".*an odd whole number; got 4/],
  [{ blocks: [{ ...block, out: 0 }] }, /"blocks\[0\].out".*at least 1/],
  [{ blocks: [{ ...block, activation: 'relu6' }] }, /"blocks\[0\].activation".*"relu"/],
  [{ dropPath: 1 }, /"dropPath"/],
])('refuses %j', (options, message) => {
  expect(() => mobileNetV3(options as object)).toThrow(ConfigError);
  expect(() => mobileNetV3(options as object)).toThrow(message);
});
