import { tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { concatMlp } from './concat-mlp';

const runner = { describe, it };
testFusion(() => concatMlp({ dim: 5, hidden: [7, 6], dropout: 0.2 }), runner);
testFusion(() => concatMlp({ dim: 5, hidden: [], adapt: 'max' }), runner);
testFusion(() => concatMlp({ dim: 5, hidden: [7], activation: 'gelu', adapt: 'min' }), runner);

describe('concatMlp', () => {
  it('adapts both sides to the wider or the narrower', () =>
    tidy(() => {
      const shapes = (adapt: 'none' | 'min' | 'max') =>
        Object.values(
          concatMlp({ dim: 2, hidden: [3], adapt }).init(
            key(1),
            { dim: 6, tokens: 3 },
            { dim: 4, tokens: 3 },
          ),
        )
          .filter(({ rank }) => rank === 2)
          .map(({ shape }) => shape);
      const behind = [
        [2, 3],
        [1, 2],
      ];
      expect(shapes('none')).toEqual([[3, 10], ...behind]);
      expect(shapes('min')).toEqual([[4, 6], [4, 4], [3, 8], ...behind]);
      expect(shapes('max')).toEqual([[6, 6], [6, 4], [3, 12], ...behind]);
    }));

  it('tells the sides apart by declaration: swapped vectors fuse differently', () =>
    tidy(() => {
      const spec = { dim: 6, tokens: 3 };
      const fusion = concatMlp({ dim: 4, hidden: [] });
      const params = fusion.init(key(1), spec, spec);
      const [a, b] = [1, 2].map((seed) => sampleFeatures(key(seed), spec, { batch: 2 }));
      const straight = fusion.fuse(params, a!, b!, inference).joint;
      const swapped = fusion.fuse(params, b!, a!, inference).joint;
      expect(() => expectClose(swapped, straight)).toThrow(/differs/);
    }));

  it('refuses vectors of widths that it was not initialised for', () =>
    tidy(() => {
      const fusion = concatMlp({ dim: 4, hidden: [] });
      const params = fusion.init(key(1), { dim: 6, tokens: 3 }, { dim: 4, tokens: 3 });
      const other = sampleFeatures(key(1), { dim: 6, tokens: 3 }, { batch: 2 });
      expect(() => fusion.fuse(params, other, other, inference)).toThrow(/mlp.linears.0.*12/);
    }));
});
