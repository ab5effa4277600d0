import { div, matMul, mul, norm, scalar, sub, tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { expectClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { dualEncoder } from './dual-encoder';

const runner = { describe, it };
testFusion(() => dualEncoder({ dim: 8 }), runner);
testFusion(() => dualEncoder({ dim: 5, projection: 'mlp', hidden: 7, joint: 'product' }), runner);
testFusion(
  () => dualEncoder({ dim: 4, pooling: 'attention', queries: 2, positions: false, heads: 2 }),
  runner,
);
testFusion(
  () => dualEncoder({ dim: 4, pooling: { image: 'attention', text: 'encoder' }, heads: 2 }),
  runner,
);

describe('dualEncoder', () => {
  const spec = { dim: 6, tokens: 3 };

  it('scores by 10 times the cosine at the start, at most 100 times, and stays finite on zeros', () =>
    tidy(() => {
      const fusion = dualEncoder({ dim: 8 });
      const params = fusion.init(key(1), spec, spec);
      const [image, text] = [1, 2].map((seed) => sampleFeatures(key(seed), spec, { batch: 3 }));
      const cosines = matMul(
        fusion.embed!(params, 'image', image!, inference),
        fusion.embed!(params, 'text', text!, inference),
        false,
        true,
      );
      expectClose(fusion.score(params, image!, text!, inference), mul(cosines, 10));
      const hot = { ...params, logit_scale: scalar(9), logit_bias: scalar(-2) };
      expectClose(fusion.score(hot, image!, text!, inference), sub(mul(cosines, 100), 2));
      const nothing = sampleFeatures(key(1), spec, { batch: 2, scale: 0 });
      const { match } = fusion.fuse(params, nothing, nothing, inference);
      expect([...match.dataSync()]).toEqual([0, 0]);
    }));

  it('takes the summaries as they are without a projection, and any scale where it is free', () =>
    tidy(() => {
      const options = { dim: 6, projection: 'none', clampScale: false } as const;
      const fusion = dualEncoder(options);
      const params = fusion.init(key(1), spec, spec);
      expect(Object.keys(params).sort()).toEqual(['logit_bias', 'logit_scale']);
      const [image, text] = [1, 2].map((seed) => sampleFeatures(key(seed), spec, { batch: 3 }));
      const length = (side: 'image' | 'text', of: typeof image) =>
        fusion.embed!(params, side, of!, inference);
      expectClose(length('image', image), div(image!.pooled, norm(image!.pooled, 2, 1, true)));
      const cosines = matMul(length('image', image), length('text', text), false, true);
      const siglip = { logit_scale: scalar(Math.log(117)), logit_bias: scalar(-13) };
      const scores = fusion.score(siglip, image!, text!, inference);
      expectClose(scores, sub(mul(cosines, 117), 13), { rtol: 1e-5 });
      expect(() => dualEncoder({ ...options, dim: 5 }).init(key(1), spec, spec)).toThrow(
        /image encoder must have the shared width.*"dim" 6.*got 5/,
      );
    }));

  it('refuses heads that do not divide the width, and a temperature beyond its clamp', () => {
    const fusion = dualEncoder({ pooling: 'attention', heads: 4 });
    expect(() => fusion.init(key(1), spec, spec)).toThrow(/a divisor of 6/);
    expect(() => dualEncoder({ pooling: { image: 'attention', text: 'last' as never } })).toThrow(
      /"pooling\.text".*"encoder" \| "attention"; got "last"/,
    );
    expect(() => dualEncoder({ temperature: 0.001 })).toThrow(/"temperature"/);
  });
});
