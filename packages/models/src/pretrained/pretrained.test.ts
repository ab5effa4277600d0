import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { inference, subtree } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { encodeTexts } from '@crossweave/data';
import { describe, expect, it } from 'vitest';
import { expectedOf, fixture, furthest, originalPictures, ownPictures } from './fixtures.testing';
import { pretrained, pretrainedChecks } from './pretrained';
import type { Pretrained } from './types';
import { checkOptions } from '@crossweave/core/authoring';

describe.each(['clip', 'siglip', 'open-clip', 'mobile-clip'])('a whole model: %s', (name) => {
  const expected = expectedOf(name);

  /** Embeddings and logits of pictures and the captions. */
  function outputs({ image, text, fusion, params }: Pretrained, pictures: Tensor4D) {
    const texts = encodeTexts(expected.captions, text!.tokenizer, text!.maxTokens);
    const left = image!.encoder.apply(subtree(params, 'image.'), pictures, inference);
    const right = text!.encoder.apply(subtree(params, 'text.'), texts, inference);
    const own = subtree(params, 'fusion.');
    return {
      ids: texts.input_ids,
      image: fusion!.fusion.embed!(own, 'image', left, inference),
      text: fusion!.fusion.embed!(own, 'text', right, inference),
      logits: fusion!.fusion.score(own, left, right, inference),
    };
  }

  it('gives the original’s ids, embeddings and logits', async () => {
    using model = await pretrained(fixture(name));
    tidy(() => {
      const pictures = originalPictures(expected, model.image!.preprocessing);
      const { ids, image, text, logits } = outputs(model, pictures);
      expect([...ids.dataSync()]).toEqual(expected.ids.flat());
      expect(furthest(text, expected.text)).toBeLessThan(1e-6);
      expect(furthest(image, expected.image)).toBeLessThan(1e-6);
      expect(furthest(logits, expected.logits)).toBeLessThan(2e-5);
    });
  });

  it('prepares JPEG files as the original does, to the byte', async () => {
    using model = await pretrained(fixture(name));
    const { preprocessing } = model.image!;
    const pictures = await ownPictures(preprocessing);
    tidy(() => {
      const original = originalPictures(expected, preprocessing);
      expect(pictures.dataSync()).toEqual(original.dataSync());
      expect(furthest(outputs(model, pictures).logits, expected.logits)).toBeLessThan(2e-5);
    });
    pictures.dispose();
  });
});

describe('a tower alone', () => {
  it.each([
    ...['resnet', 'vit', 'dinov2', 'dinov3', 'convnext'],
    ...['timm-resnet', 'timm-vit', 'timm-dinov2', 'timm-convnext'],
  ])('of pictures: %s', async (name) => {
    const expected = expectedOf(name);
    using model = await pretrained(fixture(name));
    expect(model).not.toHaveProperty('text');
    expect(model).not.toHaveProperty('fusion');
    tidy(() => {
      const { encoder, preprocessing } = model.image!;
      const pictures = originalPictures(expected, preprocessing);
      const { pooled } = encoder.apply(subtree(model.params, 'image.'), pictures, inference);
      expect(furthest(pooled, expected.image)).toBeLessThan(2e-5);
    });
    const own = await ownPictures(model.image!.preprocessing);
    const original = originalPictures(expected, model.image!.preprocessing);
    expect(own.dataSync()).toEqual(original.dataSync());
    dispose([own, original]);
  });

  it.each(['modernbert', 'multilingual-e5'])('of texts: %s', async (name) => {
    const expected = expectedOf(name);
    using model = await pretrained(fixture(name), { maxTokens: 24 });
    const { encoder, tokenizer, maxTokens } = model.text!;
    tidy(() => {
      const texts = encodeTexts(expected.captions, tokenizer, maxTokens);
      expect([...texts.input_ids.dataSync()]).toEqual(expected.ids.flat());
      const { pooled } = encoder.apply(subtree(model.params, 'text.'), texts, inference);
      expect(furthest(pooled, expected.text)).toBeLessThan(1e-5);
    });
  });

  it('interpolates where the original does, and says so', async () => {
    using model = await pretrained(fixture('dinov2'));
    expect(model.notes).toEqual(['Positions of 40×40 pixels are interpolated for 32×32.']);
  });

  it('has positions of its own size, whatever the size of the published models', async () => {
    using model = await pretrained(fixture('dinov2'), { imageSize: 40 });
    expect(model.notes).toEqual([]);
    expect(model.image!.encoder.features.tokens).toBe(1 + 2 + 25);
  });

  it('of texts, pooled and scaled as sentence-transformers says', async () => {
    const expected = expectedOf('sentence-bert');
    using model = await pretrained(fixture('sentence-bert'), { maxTokens: 24 });
    const { encoder, tokenizer, maxTokens, part } = model.text!;
    expect(part).toMatchObject({ name: 'bert', options: { pooling: 'mean', normalize: true } });
    tidy(() => {
      const texts = encodeTexts(expected.captions, tokenizer, maxTokens);
      expect([...texts.input_ids.dataSync()]).toEqual(expected.ids.flat());
      const { pooled } = encoder.apply(subtree(model.params, 'text.'), texts, inference);
      expect(furthest(pooled, expected.text)).toBeLessThan(1e-6);
    });
  });
});

it('says what it found, in plain data too', async () => {
  using model = await pretrained(fixture('siglip'));
  expect(model.family).toBe('siglip');
  expect(model.text!.tokenizer).toMatchObject({ padId: 1, endId: 1 });
  expect(model.text!.maxTokens).toBe(16);
  expect(JSON.parse(JSON.stringify(model.fusion!.part))).toEqual({
    name: 'dual-encoder',
    options: { dim: 16, projection: 'none' },
  });
  expect(model.image!.part).toMatchObject({ name: 'siglip-vit', options: { imageSize: 32 } });
  expect(model.notes).toEqual([]);
});

it('interpolates positions when another size is asked for, and says so', async () => {
  using model = await pretrained(fixture('clip'), { imageSize: 48 });
  expect(model.image!.encoder.features.tokens).toBe(1 + 36);
  expect(model.image!.preprocessing).toMatchObject({ size: 48, resizeTo: 48 });
  expect(model.notes).toEqual(['Positions of 32×32 pixels are interpolated for 48×48.']);
});

it('leaves nothing behind once it is disposed of', async () => {
  const before = memory().numTensors;
  for (const name of ['clip', 'resnet', 'sentence-bert']) {
    using model = await pretrained(fixture(name));
    expect(Object.keys(model.params).length).toBeGreaterThan(10);
  }
  expect(memory().numTensors).toBe(before);
});

testOptions(
  'pretrained',
  (options) => checkOptions('pretrained', options as object, pretrainedChecks),
  { describe, it },
  { anyText: ['revision', 'cacheFolder', 'endpoint', 'tokenizer'] },
);
