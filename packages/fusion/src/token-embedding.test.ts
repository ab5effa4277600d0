import { tidy } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { sampleFeatures } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { embedTokens, initTokenEmbedding } from './token-embedding';

const options = { dim: 4, positions: true, maxTextTokens: 6, dropout: 0 };
const image: FeatureSpec = { dim: 5, tokens: 3 };
const text: FeatureSpec = { dim: 7, tokens: 'varies' };

it('makes one position per image token, and as many as configured for texts of varying length', () =>
  tidy(() => {
    const params = initTokenEmbedding(key(1), 't', { image, text }, options);
    expect(params['visual_position_embeddings.weight']!.shape).toEqual([3, 4]);
    expect(params['text_position_embeddings.weight']!.shape).toEqual([6, 4]);
    const without = { ...options, positions: false };
    const bare = initTokenEmbedding(key(1), 't', { image: text, text }, without);
    expect(Object.keys(bare).filter((path) => path.includes('position'))).toEqual([]);
  }));

it('refuses positions for images of varying length, and texts beyond the table', () =>
  tidy(() => {
    expect(() => initTokenEmbedding(key(1), 't', { image: text, text }, options)).toThrow(
      /image positions.*positions to false/,
    );
    const params = initTokenEmbedding(key(1), 't', { image, text }, options);
    const long = sampleFeatures(key(2), text, { batch: 1, tokens: 7 });
    expect(() => embedTokens(params, 't', 'text', long, inference, options)).toThrow(
      /at most 6 tokens.*Raise maxTextTokens/,
    );
  }));

it('tells equal tokens at different places apart, if and only if it has positions', () =>
  tidy(() => {
    const zero = sampleFeatures(key(2), image, { batch: 1, scale: 0 });
    for (const positions of [true, false]) {
      const own = { ...options, positions };
      const params = initTokenEmbedding(key(1), 't', { image, text }, own);
      const { tokens } = embedTokens(params, 't', 'image', zero, inference, own);
      const values = [...tokens.dataSync()];
      expect(values.slice(0, 4).every((value, i) => value === values[4 + i])).toBe(!positions);
    }
  }));

it('drops values in training only, the same ones for the same key', () =>
  tidy(() => {
    const own = { ...options, dropout: 0.5 };
    const params = initTokenEmbedding(key(1), 't', { image, text }, own);
    const features = sampleFeatures(key(2), image, { batch: 4 });
    const embed = (training: boolean, seed: number): number[] => [
      ...embedTokens(
        params,
        't',
        'image',
        features,
        { training, key: key(seed) },
        own,
      ).tokens.dataSync(),
    ];
    expect(embed(true, 1)).toEqual(embed(true, 1));
    expect(embed(true, 1)).not.toEqual(embed(true, 2));
    expect(embed(false, 1)).not.toContain(0);
    expect(embed(true, 1)).toContain(0);
  }));
