import { tidy } from '@tensorflow/tfjs-core';
import { countParameters, key } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder, testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectForeignReference, expectReference } from '../reference.testing';
import { convNext } from './convnext';
import { huggingFaceConvNextKeys, timmConvNextKeys } from './keys';

const fixture = loadFixture(new URL('../../fixtures/convnext.json', import.meta.url));
const timm = loadFixture(new URL('../../fixtures/convnext-timm.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, stages and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(convNext(reference.options), reference);
    expectForeignReference(convNext(reference.options), reference, huggingFaceConvNextKeys);
  });
});

it.each(timm.names)('equals timm, and goes back: %s', (name) => {
  tidy(() => {
    const reference = timm.case(name);
    expectForeignReference(convNext(reference.options), reference, timmConvNextKeys);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 8, width: 12 });
  const tiny = { imageSize: [8, 12], layers: [1, 1], widths: [4, 6], patchSize: 2 } as const;
  testEncoder(() => convNext(tiny), { describe, it }, { input });
  const second = { ...tiny, responseNorm: true, dropPath: 0.4 };
  testEncoder(() => convNext(second), { describe, it }, { input });
});

testOptions('convNext', convNext, { describe, it });

it('has the sizes of ConvNeXt-T', () => {
  expect(convNext().features).toEqual({ dim: 768, tokens: 49 });
  expect(convNext({ imageSize: 'any' }).features.tokens).toBe('varies');
  expect(convNext({ responseNorm: true }).name).toBe('convnext-v2(3-3-9-3, 96-192-384-768)');
  // torchvision's convnext_tiny has 28,589,128 with a classifier of 769,000.
  tidy(() => {
    expect(countParameters(convNext().init(key(0)))).toBe(27_820_128);
  });
});

it('refuses lists of unequal lengths, and drops the classifier', () => {
  expect(() => convNext({ layers: [1, 1] })).toThrow(/"layers" and "widths" disagree.*4 numbers/);
  expect(huggingFaceConvNextKeys.toOurs('classifier.bias')).toEqual([]);
  expect(timmConvNextKeys.toOurs('head.fc.weight')).toEqual([]);
});
