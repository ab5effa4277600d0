import { ones, reverse, tensor3d, tidy, type Rank } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { createFusion } from './registry';
import {
  imageOfEachText,
  tokenFusionDefaults,
  transformerFusionChecks,
  transformerSettings,
  type TransformerFusionOptions,
} from './transformer-fusion';

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };

const settingsOf = (options: TransformerFusionOptions) =>
  transformerSettings(
    't',
    options,
    { ...tokenFusionDefaults, normFirst: false },
    transformerFusionChecks,
  );

it('makes the feed-forward layers four times as wide as the model, unless told', () => {
  expect(settingsOf({ dim: 32 }).hidden).toBe(128);
  expect(settingsOf({ dim: 32, hidden: 8 }).hidden).toBe(8);
});

it('refuses heads that do not divide the width', () => {
  expect(() => settingsOf({ dim: 6, heads: 4 })).toThrow(/"heads" must divide "dim".*6.*got 4/);
  expect(() => settingsOf(null as never)).toThrow(/no object/);
});

it('repeats each image for the texts that follow one another with it', () =>
  tidy(() => {
    const rows = (values: number[]) => ({
      tokens: tensor3d(values, [values.length, 1, 1]),
      mask: ones<Rank.R2>([values.length, 1]),
    });
    const each = imageOfEachText(rows([1, 2]), rows([5, 6, 7, 5, 6, 7]));
    expect([...each.tokens.dataSync()]).toEqual([1, 1, 1, 2, 2, 2]);
    expect(each.mask.shape).toEqual([6, 1]);
  }));

describe.each(['single-stream', 'co-attention'])('%s', (name) => {
  it('scores the same whatever the chunk', () =>
    tidy(() => {
      const images = sampleFeatures(key(1), image, { batch: 5 });
      const texts = sampleFeatures(key(2), text, { batch: 4 });
      const score = (chunk: number) => {
        const fusion = createFusion(name, { dim: 8, heads: 2, layers: 1, chunk });
        return fusion.score(fusion.init(key(3), image, text), images, texts, inference);
      };
      const whole = score(100);
      for (const chunk of [1, 3, 8]) expectClose(score(chunk), whole);
    }));

  it('reads where tokens stand, when it has positions', () =>
    tidy(() => {
      const images = sampleFeatures(key(1), image, { batch: 1 });
      const texts = sampleFeatures(key(2), text, { batch: 1 });
      const turned = { ...texts, tokens: reverse(texts.tokens, 1) };
      for (const positions of [true, false]) {
        const fusion = createFusion(name, { dim: 8, heads: 2, layers: 1, positions });
        const params = fusion.init(key(3), image, text);
        const match = (side: typeof texts): number =>
          fusion.fuse(params, images, side, inference).match.dataSync()[0]!;
        const change = Math.abs(match(texts) - match(turned));
        if (positions) expect(change).toBeGreaterThan(1e-3);
        else expect(change).toBeLessThan(1e-5);
      }
    }));
});
