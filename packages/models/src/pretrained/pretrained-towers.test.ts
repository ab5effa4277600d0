import '@tensorflow/tfjs-backend-cpu';
import { memory, tidy } from '@tensorflow/tfjs-core';
import { ConfigError, inference, subtree } from '@crossweave/core';
import { encodeTexts } from '@crossweave/data';
import { expect, it } from 'vitest';
import { expectedOf, fixture, furthest, originalPictures } from './fixtures.testing';
import { pretrainedTowers } from './pretrained-towers';

it('joins a ResNet’s features and a BERT with its tokenizer, each as the original', async () => {
  const before = memory().numTensors;
  {
    const from = { image: fixture('resnet'), text: fixture('sentence-bert') };
    using model = await pretrainedTowers(from, { maxTokens: 24 });
    expect(model).toMatchObject({ family: 'resnet + bert' });
    expect(model).not.toHaveProperty('fusion');
    const { image, text, params } = model;
    tidy(() => {
      const [left, right] = [expectedOf('resnet'), expectedOf('sentence-bert')];
      const pictures = originalPictures(left, image!.preprocessing);
      const texts = encodeTexts(right.captions, text!.tokenizer, text!.maxTokens);
      const seen = image!.encoder.apply(subtree(params, 'image.'), pictures, inference);
      const read = text!.encoder.apply(subtree(params, 'text.'), texts, inference);
      expect(furthest(seen.pooled, left.image)).toBeLessThan(2e-5);
      expect(furthest(read.pooled, right.text)).toBeLessThan(1e-6);
    });
  }
  expect(memory().numTensors).toBe(before);
});

it('takes one tower of a whole model, and refuses what has none', async () => {
  const before = memory().numTensors;
  {
    using model = await pretrainedTowers({ image: fixture('clip'), text: fixture('siglip') });
    expect(Object.keys(model.params).every((path) => /^(image|text)\./.test(path))).toBe(true);
    expect(model.text!.part.name).toBe('siglip-text');
  }
  const swapped = pretrainedTowers({ image: fixture('sentence-bert'), text: fixture('resnet') });
  await expect(swapped).rejects.toThrow(/no image tower.*sentence-bert, of the kind bert/);
  await expect(pretrainedTowers({ image: fixture('vit') } as never)).rejects.toThrow(ConfigError);
  expect(memory().numTensors).toBe(before);
});
