import { reverse, tidy } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { attentionalPooler } from './attentional-pooler';

const small = { dim: 8, layers: 2, heads: 2, hidden: 12, queries: 3, chunk: 4 };
const runner = { describe, it };
testFusion(() => attentionalPooler({ ...small, dropout: 0.2 }), runner);
testFusion(
  () => attentionalPooler({ ...small, layers: 1, normFirst: false, summary: 'mean' }),
  runner,
);

it('pools images of any size by its queries, as sets where it has no positions', () =>
  tidy(() => {
    const image: FeatureSpec = { dim: 6, tokens: 'varies' };
    const text: FeatureSpec = { dim: 4, tokens: 'varies' };
    const fusion = attentionalPooler({ ...small, queries: 2, positions: false });
    const params = fusion.init(key(0), image, text);
    expect(params['attn_pool.query']!.shape).toEqual([2, 8]);
    const texts = sampleFeatures(key(1), text, { batch: 1 });
    for (const tokens of [1, 7]) {
      const images = sampleFeatures(key(2), image, { batch: 1, tokens });
      const turned = { ...images, tokens: reverse(images.tokens, 1) };
      const [before, after] = [images, turned].map((side) =>
        fusion.fuse(params, side, texts, inference),
      );
      expectClose(after!.joint, before!.joint);
    }
  }));
