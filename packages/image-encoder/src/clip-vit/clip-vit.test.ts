import { tidy } from '@tensorflow/tfjs-core';
import { ConfigError, countParameters, key } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference } from '../reference.testing';
import { clipVit, clipVitB16, clipVitB32, clipVitL14 } from './presets';

const fixture = loadFixture(new URL('../../fixtures/clip-vit.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, layers and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(clipVit(reference.options), reference);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const tiny = { imageSize: [4, 6], patchSize: 2, dim: 4, layers: 2, heads: 2, hidden: 6 } as const;
  const regular = { dropout: 0.2, dropPath: 0.3, patchDropout: 0.4 };
  testEncoder(() => clipVit({ ...tiny, projection: 3, ...regular }), { describe, it }, { input });
});

it('presets declare their tokens and sizes', () => {
  expect(clipVitB32().features).toEqual({ dim: 512, tokens: 50 });
  expect(clipVitB16().features).toEqual({ dim: 512, tokens: 197 });
  expect(clipVitL14({ imageSize: 336 }).features).toEqual({ dim: 768, tokens: 577 });
  expect(clipVitB32({ projection: false }).features.dim).toBe(768);
  expect(clipVitB32().name).toBe('clip-vit(12x768, patch 32)');
  tidy(() => {
    // ViT-B/32 has 87,849,216 parameters with its projection; every one of its 12 layers 7,087,872.
    expect(countParameters(clipVitB32({ layers: 1 }).init(key(0)))).toBe(
      87_849_216 - 11 * 7_087_872,
    );
  });
});

it.each([
  [{ pooling: 'mean' }, /clipVit: there is no option "pooling"/],
  [{ projection: 0 }, /"projection".*at least 1/],
  [{ activation: 'quick_gelu' }, /"activation".*"quickGelu"/],
  [{ imageSize: 100 }, /"imageSize" is not a multiple/],
])('refuses %j', (options, message) => {
  expect(() => clipVit(options as object)).toThrow(ConfigError);
  expect(() => clipVit(options as object)).toThrow(message);
});
