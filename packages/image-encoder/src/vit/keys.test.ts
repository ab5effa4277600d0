import { tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { expectForeignReference } from '../reference.testing';
import { huggingFaceViTKeys } from './keys-hugging-face';
import { timmViTKeys } from './keys-timm';
import { vit } from './presets';

const timm = loadFixture(new URL('../../fixtures/vit-timm.json', import.meta.url));
const huggingFace = loadFixture(new URL('../../fixtures/vit.json', import.meta.url));

it.each(timm.names)('equals timm with %s, and goes back', (name) => {
  tidy(() => {
    const reference = timm.case(name);
    expectForeignReference(vit(reference.options), reference, timmViTKeys);
  });
});

it('takes Hugging Face’s as they are', () => {
  tidy(() => {
    const reference = huggingFace.case('as trained');
    expectForeignReference(vit(reference.options), reference, huggingFaceViTKeys);
  });
  expect(huggingFaceViTKeys.toOurs('vit.layernorm.bias')).toEqual([{ path: 'layernorm.bias' }]);
  for (const extra of ['pooler.dense.weight', 'classifier.bias', 'vit.embeddings.mask_token']) {
    expect(huggingFaceViTKeys.toOurs(extra), extra).toEqual([]);
  }
});

it('drops timm’s classifier, and does not know the norm of its mean-pooled models', () => {
  expect(timmViTKeys.toOurs('head.weight')).toEqual([]);
  expect(timmViTKeys.toOurs('fc_norm.weight')).toBeUndefined();
});
