import { reverse, tidy } from '@tensorflow/tfjs-core';
import { inference, key, type FeatureSpec } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { mult } from './mult';

const small = { dim: 8, layers: 1, selfLayers: 1, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => mult({ ...small, dropout: 0.2 }), runner);
testFusion(() => mult({ ...small, layers: 2, positions: false }), runner);

const image: FeatureSpec = { dim: 6, tokens: 3 };
const text: FeatureSpec = { dim: 4, tokens: 'varies' };

it('has a cross-modal network a direction and one of self attention a side', () =>
  tidy(() => {
    const params = mult({ ...small, layers: 2, selfLayers: 3 }).init(key(0), image, text);
    const depths = new Map<string, number>();
    for (const path of Object.keys(params)) {
      const found = /^(trans_\w+)\.layers\.(\d+)\.norm1\.weight$/.exec(path);
      if (found) depths.set(found[1]!, Math.max(depths.get(found[1]!) ?? 0, Number(found[2]) + 1));
    }
    expect(Object.fromEntries(depths)).toEqual({
      trans_l_with_v: 2,
      trans_v_with_l: 2,
      trans_l_mem: 3,
      trans_v_mem: 3,
    });
  }));

it('is blind to the order of tokens where it has no positions', () =>
  tidy(() => {
    const fusion = mult({ ...small, positions: false });
    const params = fusion.init(key(0), image, text);
    const images = sampleFeatures(key(1), image, { batch: 1 });
    const texts = sampleFeatures(key(2), text, { batch: 1 });
    const joint = (turned: boolean) => {
      const tokens = (side: typeof texts) => (turned ? reverse(side.tokens, 1) : side.tokens);
      const [a, b] = [images, texts].map((side) => ({ ...side, tokens: tokens(side) }));
      return fusion.fuse(params, a!, b!, inference).joint;
    };
    expectClose(joint(true), joint(false));
  }));
