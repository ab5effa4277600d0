import { expandDims, tensor2d, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { key, randomInteger, foldIn, type PairRecord, type PairSplit } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { textEncoder, tinySplit } from '../tiny.testing';
import { floors } from './floors';

const colours = ['red', 'green', 'blue', 'white'];

/** The image tells its two colours, not their order; negatives swap them or replace one. */
async function colourCache(count: number, seed: number, leak = false): Promise<FeatureCache> {
  const pairs = Array.from({ length: count }, (_, i) => {
    const a = randomInteger(foldIn(foldIn(key(seed), i), 'a'), 4);
    const b = (a + 1 + randomInteger(foldIn(foldIn(key(seed), i), 'b'), 3)) % 4;
    return [a, b] as const;
  });
  const say = (a: number, b: number) => `${colours[a]!} circle on ${colours[b]!} square`;
  const records = pairs.map(([a, b], i): PairRecord => ({
    id: `p${i}`,
    captions: [say(a, b)],
    negatives: [
      [
        { caption: say(b, a), kind: 'swap' },
        {
          caption: leak
            ? `${say(a, b)} wrongly`
            : say(
                a,
                [0, 1, 2, 3].find((c) => c !== a && c !== b)!,
              ),
          kind: 'replace',
        },
      ],
    ],
  }));
  const split: PairSplit<Tensor2D, Tensor3D> = {
    ...tinySplit(1),
    records,
    images: (rows) =>
      Promise.resolve(
        tensor2d(rows.map((row) => colours.map((_, c) => (pairs[row]!.includes(c) ? 1 : 0)))),
      ),
  };
  const image = {
    encoder: {
      name: 'colours',
      features: { dim: 4, tokens: 1 },
      init: () => ({}),
      apply: (_params: unknown, input: Tensor2D) => ({
        tokens: expandDims<Tensor3D>(input, 1),
        mask: tensor2d(new Float32Array(input.shape[0]).fill(1), [input.shape[0], 1]),
        pooled: input,
      }),
    },
    params: {},
  };
  return encodeSplit({ split, image, text: { encoder: textEncoder, params: {} } });
}

describe('floors', () => {
  it('stand at exactly 0.5 where only binding differs; a bag of words finds replaced words', async () => {
    const result = floors(await colourCache(200, 1), await colourCache(60, 2));
    const bag = result['bag-of-words'].metrics;
    expect(bag['matching.accuracy.swap']).toBe(0.5);
    expect(bag['matching.accuracy.replace']).toBe(1);
    expect(bag['retrieval.i2t.r1']).toBeGreaterThan(0.3);
    const blind = result['image-blind'].metrics;
    expect(result['bag-of-words'].outcomes['retrieval.t2i.r1']).toHaveLength(
      result['image-blind'].outcomes['retrieval.t2i.r1']!.length,
    );
    expect(Math.abs(blind['matching.accuracy.swap']! - 0.5)).toBeLessThan(0.2);
    expect(blind['retrieval.t2i.r1']).toBeLessThan(0.5);
  });

  it('show when the wording gives false captions away', async () => {
    const { 'image-blind': blind } = floors(
      await colourCache(200, 1, true),
      await colourCache(60, 2, true),
    );
    expect(blind.metrics['matching.accuracy.replace']).toBe(1);
  });
});
