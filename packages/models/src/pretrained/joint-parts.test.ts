import '@tensorflow/tfjs-backend-cpu';
import { inference, subtree } from '@crossweave/core';
import { encodeTexts } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { memory, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectedOf, fixture, furthest, originalPictures } from './fixtures.testing';
import { jointInputs, jointParts } from './joint-parts';
import { pretrained } from './pretrained';
import { pretrainedTowers } from './pretrained-towers';

it('gives the parts and inputs with which the original’s logits come out', async () => {
  const before = memory().numTensors;
  {
    using clip = await pretrained(fixture('clip'));
    const expected = expectedOf('clip');
    const { image, text, fusion } = jointParts(clip);
    const { preprocessing, tokenizer, maxTokens } = jointInputs(clip);
    tidy(() => {
      const of = (part: string) => subtree(clip.params, part);
      const pictures = originalPictures(expected, preprocessing);
      const captions = encodeTexts(expected.captions, tokenizer, maxTokens);
      const left = image.apply(of('image.'), pictures, inference);
      const right = text.apply(of('text.'), captions, inference);
      const logits = fusion.score(of('fusion.'), left, right, inference);
      expect(furthest(logits, expected.logits)).toBeLessThan(2e-5);
    });
  }
  expect(memory().numTensors).toBe(before);
});

it('takes a fusion of yours, and names what is missing without one', async () => {
  using towers = await pretrainedTowers({
    image: fixture('resnet'),
    text: fixture('sentence-bert'),
  });
  const fusion = createFusion('co-attention', { dim: 8, heads: 2 });
  expect(jointParts(towers, fusion).fusion).toBe(fusion);
  expect(() => jointParts(towers)).toThrow(/nothing that joins its towers.*second argument/s);
  using image = await pretrained(fixture('vit'));
  expect(() => jointParts(image, fusion)).toThrow(/no text tower.*of the kind vit/s);
  using text = await pretrained(fixture('sentence-bert'));
  expect(() => jointInputs(text)).toThrow(/no image tower.*sentence-bert/s);
});
