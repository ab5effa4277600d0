import { mean, sqrt, square, tidy, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  countParameters,
  inference,
  key,
  normal,
  parameter,
} from '@crossweave/core';
import { expectFixture, imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { vit, vitB16, vitSmall } from './presets';

const fixture = loadFixture(new URL('../../fixtures/vit.json', import.meta.url));

it("equals Hugging Face's ViTModel in tokens, pooled and every gradient", () => {
  tidy(() => {
    const reference = fixture.case('vit');
    const encoder = vit(reference.options);
    const own = encoder.init(key(0));
    expect(Object.keys(own).sort()).toEqual(Object.keys(reference.params).sort());
    for (const [path, value] of Object.entries(reference.params)) {
      expect(own[path]?.shape, path).toEqual(value.shape);
    }
    expectFixture(reference, (params, inputs) => {
      const image = parameter<Tensor4D>(inputs, 'image');
      const { tokens, pooled } = encoder.apply(params, image, inference);
      const { dim, tokens: count } = encoder.features;
      expect(tokens.shape).toEqual([image.shape[0], count, dim]);
      return { tokens, pooled };
    });
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const tiny = { imageSize: [4, 6], patchSize: 2, dim: 4, layers: 1, heads: 2, hidden: 6 } as const;
  testEncoder(() => vit({ ...tiny, dropout: 0.2 }), { describe, it }, { input });
});

it('starts with weights of the deviation asked for, biases zero', () => {
  tidy(() => {
    const params = vitSmall({ initializerRange: 0.05 }).init(key(2));
    for (const path of [
      'encoder.layer.1.intermediate.dense',
      'embeddings.patch_embeddings.projection',
    ]) {
      const weight = parameter(params, `${path}.weight`);
      const deviation = sqrt(mean(square(weight))).dataSync()[0]!;
      expect(deviation / 0.05).toBeCloseTo(1, 1);
      expect(
        parameter(params, `${path}.bias`)
          .dataSync()
          .every((value) => value === 0),
      ).toBe(true);
    }
  });
});

it('presets declare their tokens and sizes', () => {
  expect(vitB16().features).toEqual({ dim: 768, tokens: 197 });
  expect(vitSmall().features).toEqual({ dim: 128, tokens: 65 });
  expect(vitSmall().name).toBe('vit(4x128, patch 8)');
  tidy(() => {
    // ViT-B/16 has 85,798,656 parameters without pooler; every one of its 12 layers 7,087,872.
    const params = vitB16({ layers: 1 }).init(key(0));
    expect(countParameters(params)).toBe(85_798_656 - 11 * 7_087_872);
  });
});

describe('refuses', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ depth: 2 }, /vit: there is no option "depth"/],
    [{ dim: 10, heads: 4 }, /"heads" must divide "dim".*divisor of 10.*got 4/],
    [{ patchSize: 15 }, /"imageSize" is no multiple of "patchSize".*multiples of 15.*224/],
    [{ layers: 0 }, /"layers".*at least 1/],
    [{ dropout: 1 }, /"dropout".*\[0, 0.999\].*got 1/],
    [{ dropout: NaN }, /"dropout".*NaN/],
    [{ initializerRange: -1 }, /"initializerRange"/],
    [{ imageSize: 'any' }, /"imageSize" is neither/],
  ];
  for (const [options, message] of wrong) {
    it(JSON.stringify(options), () => {
      expect(() => vit(options)).toThrow(ConfigError);
      expect(() => vit(options)).toThrow(message);
    });
  }

  it('pictures of another size', () => {
    tidy(() => {
      const encoder = vitSmall();
      const image = normal<Rank.R4>(key(0), [1, 64, 32, 3]);
      expect(() => encoder.apply(encoder.init(key(0)), image, inference)).toThrow(ShapeError);
    });
  });
});
