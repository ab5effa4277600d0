import { testOptions, testPartConfig } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { preprocessingOf } from './preprocessing';
import { createImageEncoder, imageEncoders, type ImageEncoderSurroundings } from './registry';
import { resnetSmall } from './resnet/presets';

for (const [name, create] of Object.entries(imageEncoders)) {
  testOptions(name, create, { describe, it });
  const block = { kernel: 3, expanded: 8, out: 8, squeeze: false, activation: 'relu', stride: 1 };
  const values = {
    layers: [3, [1, 1, 1, 1], [1, 1, 2]],
    widths: [
      [8, 8, 8],
      [8, 8, 8, 8],
    ],
    strides: [
      [1, 1, 1],
      [1, 1, 1, 1],
    ],
    blocks: [[block], [block, block]],
  };
  testPartConfig(name, create, { describe, it }, { values });
}
testOptions(
  'createImageEncoder',
  (surroundings: ImageEncoderSurroundings) => createImageEncoder('vit-small', {}, surroundings),
  { describe, it },
);

it('makes encoders by name, with options as a config gives them', () => {
  expect(createImageEncoder('resnet-small', { widths: [4, 8, 16] }).features.dim).toBe(16);
  expect(createImageEncoder('vit-small', { patchSize: 16 }).features.tokens).toBe(17);
  const mine = { ...imageEncoders, mine: () => resnetSmall({ layers: [2, 2, 2] }) };
  expect(createImageEncoder('mine', {}, { table: mine }).name).toBe(
    'resnet(basic 2-2-2, 32-64-128)',
  );
});

it.each([null, [], 'dim'])('refuses options that are not an object: %j', (options) => {
  expect(() => createImageEncoder('vit-small', options as never)).toThrow(
    /createImageEncoder: the options are no object/,
  );
});

it('names the nearest of a misspelt name or option', () => {
  expect(() => createImageEncoder('resnet-smal')).toThrow(/image encoder.*"resnet-small"/);
  expect(() => createImageEncoder('resnet18', { layer: [1] })).toThrow(/resnet18.*"layers"/);
});

it('makes encoders for the size of the pictures, and refuses what does not fit it', () => {
  const tokens = (options: object, imageSize: number | readonly [number, number]) =>
    createImageEncoder('vit', { patchSize: 16, ...options }, { imageSize }).features.tokens;
  expect(tokens({}, 64)).toBe(17);
  expect(tokens({ imageSize: 64 }, [64, 64])).toBe(17);
  expect(tokens({ imageSize: 'any' }, 64)).toBe('varies');
  expect(() => tokens({ imageSize: 224 }, 64)).toThrow(
    /vit: .*a different size; expected "imageSize" 64, the size of the pictures; got 224/,
  );
  for (const options of [{}, { imageSize: 'any' }]) {
    expect(() => tokens(options, [64, 50])).toThrow(/multiples of 16; got \[64,50\]/);
  }
  expect(() => tokens({ imageSize: 'ayn' }, 64)).toThrow(/"imageSize".*"any".*got "ayn"/);
});

it('knows the pictures of published weights', () => {
  expect(preprocessingOf('clip-vit-b32')?.mean[0]).toBe(0.48145466);
  expect(preprocessingOf('vit-b16')?.std).toEqual([0.5, 0.5, 0.5]);
  for (const small of ['resnet-small', 'siglip-vit', 'vit-small', 'vit', 'toString']) {
    expect(preprocessingOf(small)).toBeUndefined();
  }
  const unpublished = ['resnet', 'vit', 'clip-vit', 'clip-resnet', 'mobilenet-v3', 'convnext'];
  unpublished.push('dinov2', 'dinov3');
  const known = Object.keys(imageEncoders).filter((name) => preprocessingOf(name) !== undefined);
  const others = Object.keys(imageEncoders).filter((name) => !known.includes(name));
  expect(others.sort()).toEqual([...unpublished, 'resnet-small', 'siglip-vit', 'vit-small'].sort());
});
