import { all, equal, mean, sqrt, square, tidy, type Rank } from '@tensorflow/tfjs-core';
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
import { expectReference } from '../reference.testing';
import { vit, vitB16, vitB32, vitL16, vitS16, vitSmall, vitTi16 } from './presets';

const fixture = loadFixture(new URL('../../fixtures/vit.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, layers and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(vit(reference.options), reference);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const tiny = { imageSize: [4, 6], patchSize: 2, dim: 4, layers: 1, heads: 2, hidden: 6 } as const;
  const regular = { dropout: 0.2, dropPath: 0.3, patchDropout: 0.4, pooling: 'mean' } as const;
  testEncoder(() => vit(tiny), { describe, it }, { input });
  testEncoder(() => vit({ ...tiny, layers: 2, ...regular }), { describe, it }, { input });
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
  expect(vitTi16().features).toEqual({ dim: 192, tokens: 197 });
  expect(vitS16({ imageSize: 384 }).features).toEqual({ dim: 384, tokens: 577 });
  expect(vitB32().features).toEqual({ dim: 768, tokens: 50 });
  expect(vitL16({ imageSize: 'any' }).features).toEqual({ dim: 1024, tokens: 'varies' });
  expect(vitB16({ patchDropout: 0.5 }).features.tokens).toBe('varies');
  expect(vitSmall().features).toEqual({ dim: 128, tokens: 65 });
  expect(vitSmall().name).toBe('vit(4x128, patch 8)');
  tidy(() => {
    // ViT-B/16 has 85,798,656 parameters without pooler; every one of its 12 layers 7,087,872.
    const params = vitB16({ layers: 1 }).init(key(0));
    expect(countParameters(params)).toBe(85_798_656 - 11 * 7_087_872);
  });
});

it('takes pictures of any size when told so, by positions of one', () => {
  tidy(() => {
    const tiny = { patchSize: 2, dim: 4, layers: 1, heads: 2 };
    const encoder = vit({ ...tiny, imageSize: 'any', positionSize: [4, 6] });
    const params = encoder.init(key(0));
    expect(params['embeddings.position_embeddings']?.shape).toEqual([1, 7, 4]);
    for (const [height, width] of [
      [4, 6],
      [2, 8],
    ] as const) {
      const image = normal<Rank.R4>(key(1), [1, height, width, 3]);
      const { tokens } = encoder.apply(params, image, inference);
      expect(tokens.shape).toEqual([1, 1 + (height * width) / 4, 4]);
    }
    const odd = normal<Rank.R4>(key(1), [1, 4, 5, 3]);
    expect(() => encoder.apply(params, odd, inference)).toThrow(
      /multiple of the patch size.*multiples of 2/,
    );
  });
});

it('leaves patches and layers out in training', () => {
  tidy(() => {
    const tiny = { imageSize: 8, patchSize: 2, dim: 4, layers: 2, heads: 2 };
    const image = normal<Rank.R4>(key(1), [16, 8, 8, 3]);
    const dropping = vit({ ...tiny, patchDropout: 0.5 });
    const training = { training: true, key: key(2) };
    const params = dropping.init(key(0));
    expect(dropping.apply(params, image, training).tokens.shape).toEqual([16, 9, 4]);
    expect(dropping.apply(params, image, inference).tokens.shape).toEqual([16, 17, 4]);

    const shallow = vit({ ...tiny, dropPath: 0.7 });
    const [, first, second] = shallow.hiddenStates(params, image, training);
    const same = all(equal(first!, second!), [1, 2]).dataSync();
    // Both residuals of the last layer are dropped in about half of the samples (0.7²).
    const dropped = [...same].filter((value) => value === 1).length;
    expect(dropped).toBeGreaterThan(3);
    expect(dropped).toBeLessThan(13);
  });
});

describe('refuses', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ depth: 2 }, /vit: there is no option "depth"/],
    [{ dim: 10, heads: 4 }, /"heads" must divide "dim".*divisor of 10.*got 4/],
    [{ patchSize: 15 }, /"imageSize" is not a multiple of "patchSize".*multiples of 15.*224/],
    [{ layers: 0 }, /"layers".*at least 1/],
    [{ dropout: 1 }, /"dropout".*\[0, 1\).*got 1/],
    [{ dropout: NaN }, /"dropout".*NaN/],
    [{ initializerRange: -1 }, /"initializerRange"/],
    [{ imageSize: 'all' }, /"imageSize".*or "any"; got "all"/],
    [{ positionSize: 100 }, /"positionSize" is not a multiple/],
    [{ pooling: 'cls' }, /"pooling".*"class" \| "mean"; got "cls"/],
    [{ activation: 'gelo' }, /"activation".*"gelu"/],
    [{ dropPath: 1 }, /"dropPath"/],
    [{ patchDropout: -0.1 }, /"patchDropout"/],
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
