import { tidy } from '@tensorflow/tfjs-core';
import { imageInput, loadFixture, testEncoder, testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectForeignReference, expectReference } from '../reference.testing';
import { dinov3 } from './dinov3';
import { huggingFaceDinov3Keys } from './keys';

const fixture = loadFixture(new URL('../../fixtures/dinov3.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, layers and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(dinov3(reference.options), reference);
    expectForeignReference(dinov3(reference.options), reference, huggingFaceDinov3Keys);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const tiny = { imageSize: [4, 6], patchSize: 2, dim: 8, layers: 2, heads: 2, hidden: 6 } as const;
  const regular = { dropout: 0.2, dropPath: 0.3, pooling: 'mean', registers: 0 } as const;
  testEncoder(() => dinov3(tiny), { describe, it }, { input });
  testEncoder(() => dinov3({ ...tiny, ...regular }), { describe, it }, { input });
});

testOptions('dinov3', dinov3, { describe, it });

it('has no learned positions', () => {
  expect(dinov3().features).toEqual({ dim: 384, tokens: 201 });
  expect(dinov3().name).toBe('dinov3(12x384, patch 16)');
  expect(() => dinov3({ positionSize: 224 } as object)).toThrow(/no option "positionSize"/);
  expect(() => dinov3({ dim: 12, heads: 2 })).toThrow(/multiple of 4.*got 6/);
});
