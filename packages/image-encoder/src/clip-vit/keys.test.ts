import { tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { expectForeignReference } from '../reference.testing';
import { huggingFaceClipViTKeys } from './keys-hugging-face';
import { openClipViTKeys } from './keys-open-clip';
import { clipVit } from './presets';

const openClip = loadFixture(new URL('../../fixtures/clip-vit-open-clip.json', import.meta.url));
const huggingFace = loadFixture(new URL('../../fixtures/clip-vit.json', import.meta.url));

it.each(openClip.names)('equals open_clip with %s, and goes back', (name) => {
  tidy(() => {
    const reference = openClip.case(name);
    expectForeignReference(clipVit(reference.options), reference, openClipViTKeys);
  });
});

it('takes Hugging Face’s as they are', () => {
  tidy(() => {
    const reference = huggingFace.case('quick gelu');
    expectForeignReference(clipVit(reference.options), reference, huggingFaceClipViTKeys);
  });
  const norm = [{ path: 'vision_model.pre_layrnorm.bias' }];
  for (const path of ['vision_model.pre_layrnorm.bias', 'pre_layrnorm.bias']) {
    expect(huggingFaceClipViTKeys.toOurs(path), path).toEqual(norm);
  }
});

it('drops the text tower', () => {
  for (const path of [
    'text_model.final_layer_norm.bias',
    'text_projection.weight',
    'logit_scale',
  ]) {
    expect(huggingFaceClipViTKeys.toOurs(path), path).toEqual([]);
  }
  for (const path of [
    'transformer.resblocks.0.ln_1.weight',
    'positional_embedding',
    'logit_scale',
  ]) {
    expect(openClipViTKeys.toOurs(path), path).toEqual([]);
  }
  expect(huggingFaceClipViTKeys.toOurs('vision_model.head.weight')).toBeUndefined();
});
