import { tidy } from '@tensorflow/tfjs-core';
import { ConfigError } from '@crossweave/core';
import { imageInput, loadFixture, testEncoder, testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference } from '../reference.testing';
import { huggingFaceSiglipViTKeys } from './keys';
import { siglipVit } from './presets';

const fixture = loadFixture(new URL('../../fixtures/siglip-vit.json', import.meta.url));

it.each(fixture.names)('equals Hugging Face in features, layers and every gradient: %s', (name) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectReference(siglipVit(reference.options), reference);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 4, width: 6 });
  const tiny = { imageSize: [4, 6], patchSize: 2, dim: 4, layers: 2, heads: 2, hidden: 6 } as const;
  const regular = { dropout: 0.2, dropPath: 0.3, patchDropout: 0.4 };
  testEncoder(() => siglipVit({ ...tiny, ...regular }), { describe, it }, { input });
});

testOptions('siglipVit', siglipVit, { describe, it });

it('has no class token', () => {
  expect(siglipVit().features).toEqual({ dim: 768, tokens: 196 });
  expect(siglipVit().name).toBe('siglip-vit(12x768, patch 16)');
  expect(() => siglipVit({ pooling: 'class' } as object)).toThrow(ConfigError);
});

it('takes the vision tower of a whole model', () => {
  const path = 'vision_model.head.attention.in_proj_weight';
  expect(huggingFaceSiglipViTKeys.toOurs(path)).toEqual([{ path }]);
  for (const dropped of ['text_model.head.weight', 'logit_bias']) {
    expect(huggingFaceSiglipViTKeys.toOurs(dropped)).toEqual([]);
  }
  expect(huggingFaceSiglipViTKeys.toOurs('vision_model.class_embedding')).toBeUndefined();
});
