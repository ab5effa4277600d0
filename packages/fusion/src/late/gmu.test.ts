import { less, logicalAnd, maximum, minimum, tanh, tidy } from '@tensorflow/tfjs-core';
import { inference, key } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { gmu } from './gmu';

testFusion(() => gmu({ dim: 5, dropout: 0.2 }), { describe, it });

it('lies strictly between both sides, entry by entry, since its gate does in (0, 1)', () =>
  tidy(() => {
    const image = { dim: 6, tokens: 3 };
    const text = { dim: 4, tokens: 3 };
    const fusion = gmu({ dim: 16 });
    const params = fusion.init(key(1), image, text);
    const left = sampleFeatures(key(2), image, { batch: 4 });
    const right = sampleFeatures(key(3), text, { batch: 4 });
    const { joint } = fusion.fuse(params, left, right, inference);
    const x = tanh(linear(params, 'image_hidden', left.pooled));
    const y = tanh(linear(params, 'text_hidden', right.pooled));
    const between = logicalAnd(less(minimum(x, y), joint), less(joint, maximum(x, y)));
    expect([...between.dataSync()]).toEqual(new Array(64).fill(1));
  }));
