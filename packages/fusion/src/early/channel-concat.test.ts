import { concat, reverse, tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import { inference, key, type Features, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { channelConcat } from './channel-concat';

const small = { dim: 8, layers: 1, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => channelConcat({ ...small, dropout: 0.2 }), runner);
testFusion(() => channelConcat({ ...small, layers: 2, normFirst: true, positions: false }), runner);

const varies = (dim: number): FeatureSpec => ({ dim, tokens: 'varies' });

/** The joint representation of one image and one text of so many tokens. */
function joint(images: number, texts: number, change: (side: Features) => Features = (x) => x) {
  const fusion = channelConcat({ ...small, positions: false });
  const params = fusion.init(key(0), varies(6), varies(4));
  const image = sampleFeatures(key(1), varies(6), { batch: 1, tokens: images });
  const text = sampleFeatures(key(2), varies(4), { batch: 1, tokens: texts });
  return fusion.fuse(params, image, change(text), inference).joint;
}

const padded = (side: Features): Features => ({
  ...side,
  tokens: concat([side.tokens, zeros<Rank.R3>([1, 2, 4])], 1),
  mask: concat([side.mask, zeros<Rank.R2>([1, 2])], 1),
});
const turned = (side: Features): Features => ({ ...side, tokens: reverse(side.tokens, 1) });

it.each([
  [3, 3],
  [4, 2],
  [2, 4],
])('is the same whether a text ends or is padded: %i image and %i text tokens', (images, texts) =>
  tidy(() => {
    expectClose(joint(images, texts, padded), joint(images, texts));
  }),
);

it('pairs tokens by position: the order of one side alone matters even without positions', () =>
  tidy(() => {
    expect(() => {
      expectClose(joint(3, 3, turned), joint(3, 3));
    }).toThrow(/differs/);
  }));
