import { expect, it } from 'vitest';
import { createImageEncoder, imageEncoders } from './registry';
import { resnetSmall } from './resnet/presets';

it('makes encoders by name, with options as a config gives them', () => {
  expect(createImageEncoder('resnet-small', { widths: [4, 8, 16] }).features.dim).toBe(16);
  expect(createImageEncoder('vit-small', { patchSize: 16 }).features.tokens).toBe(17);
  const mine = { ...imageEncoders, mine: () => resnetSmall({ layers: [2, 2, 2] }) };
  expect(createImageEncoder('mine', {}, mine).name).toBe('resnet(basic 2-2-2, 32-64-128)');
});

it('names the nearest of a misspelt name or option', () => {
  expect(() => createImageEncoder('resnet-smal')).toThrow(/image encoder.*"resnet-small"/);
  expect(() => createImageEncoder('resnet18', { layer: [1] })).toThrow(/resnet18.*"layers"/);
});
