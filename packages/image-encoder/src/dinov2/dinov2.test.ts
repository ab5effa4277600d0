import { tidy } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder, testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectForeignReference, expectReference } from '../reference.testing';
import { huggingFaceDinov2Keys, timmDinov2Keys } from './keys';
import { dinov2 } from './presets';

const fixture = loadFixture(new URL('../../fixtures/dinov2.json', import.meta.url));
const timm = loadFixture(new URL('../../fixtures/dinov2-timm.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, layers and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(dinov2(reference.options), reference);
    expectForeignReference(dinov2(reference.options), reference, huggingFaceDinov2Keys);
  });
});

it.each(timm.names)('equals timm, and goes back: %s', (name) => {
  tidy(() => {
    const reference = timm.case(name);
    expectForeignReference(dinov2(reference.options), reference, timmDinov2Keys);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const sizes = { imageSize: [4, 6], positionSize: [4, 6], patchSize: 2, dim: 4 } as const;
  const tiny = { ...sizes, layers: 2, heads: 2, hidden: 6 };
  const regular = { dropout: 0.2, dropPath: 0.3, patchDropout: 0.4, pooling: 'mean' } as const;
  testEncoder(() => dinov2(tiny), { describe, it }, { input });
  testEncoder(() => dinov2({ ...tiny, ...regular, registers: 3 }), { describe, it }, { input });
});

testOptions('dinov2', dinov2, { describe, it });

it('has positions of the published size, and registers when asked for', () => {
  expect(dinov2().features).toEqual({ dim: 768, tokens: 257 });
  expect(dinov2({ registers: 4 }).features.tokens).toBe(261);
  expect(dinov2().name).toBe('dinov2(12x768, patch 14)');
  tidy(() => {
    const params = dinov2({ dim: 4, layers: 1, heads: 2, registers: 4 }).init(key(0));
    expect(params['embeddings.position_embeddings']?.shape).toEqual([1, 1370, 4]);
    expect(params['embeddings.register_tokens']?.shape).toEqual([1, 4, 4]);
  });
});

it('drops what is of training', () => {
  for (const extra of ['embeddings.mask_token', 'classifier.weight']) {
    expect(huggingFaceDinov2Keys.toOurs(extra)).toEqual([]);
  }
  expect(timmDinov2Keys.toOurs('reg_token')).toBeUndefined();
});
