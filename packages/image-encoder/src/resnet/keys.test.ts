import { tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { expectForeignReference } from '../reference.testing';
import { torchvisionResNetKeys } from './keys';
import { huggingFaceResNetKeys } from './keys-hugging-face';
import { timmResNetKeys } from './keys-timm';
import { resnet } from './presets';

const fixture = loadFixture(new URL('../../fixtures/resnet-others.json', import.meta.url));

it.each([
  ['timm basic', timmResNetKeys],
  ['hugging face basic', huggingFaceResNetKeys],
  ['hugging face bottleneck', huggingFaceResNetKeys],
])('equals %s in features, stages and every gradient, and goes back', (name, map) => {
  tidy(() => {
    const reference = fixture.case(name);
    expectForeignReference(resnet(reference.options), reference, map);
  });
});

it('drops the classifiers, and knows nothing of deeper stems', () => {
  for (const map of [torchvisionResNetKeys, timmResNetKeys]) {
    expect(map.toOurs('fc.weight')).toEqual([]);
    expect(map.toOurs('layer4.2.bn3.running_var')).toEqual([{ path: 'layer4.2.bn3.running_var' }]);
  }
  expect(timmResNetKeys.toOurs('conv1.0.weight')).toBeUndefined();
  expect(huggingFaceResNetKeys.toOurs('classifier.1.bias')).toEqual([]);
  expect(huggingFaceResNetKeys.toOurs('resnet.embedder.embedder.normalization.bias')).toEqual([
    { path: 'bn1.bias' },
  ]);
});
