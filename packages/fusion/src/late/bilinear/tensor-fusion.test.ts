import { concat, matMul, ones, reshape, slice, tidy } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { tensorFusion } from './tensor-fusion';

const runner = { describe, it };
testFusion(() => tensorFusion({ dim: 4, dropout: 0.3 }), runner);
testFusion(() => tensorFusion({ project: false }), runner);

describe('tensorFusion', () => {
  it.each([
    [true, 3, 3],
    [false, 6, 4],
  ])('is the outer product of both sides with ones before them: project %s', (project, m, n) =>
    tidy(() => {
      const fusion = tensorFusion({ dim: 3, project });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const tensor = reshape(joint(fusion, params), [3, m + 1, n + 1]);
      const column = slice(tensor, [0, 0, 0], [3, m + 1, 1]);
      const row = slice(tensor, [0, 0, 0], [3, 1, n + 1]);
      expectClose(matMul(column, row), tensor);
      const [image, text] = samples();
      const [x, y] = project
        ? [linear(params, 'linear0', image.pooled), linear(params, 'linear1', text.pooled)]
        : [image.pooled, text.pooled];
      expectClose(reshape(column, [3, m + 1]), concat([ones([3, 1]), x], 1));
      expectClose(reshape(row, [3, n + 1]), concat([ones([3, 1]), y], 1));
    }),
  );

  it('has no parameters but the projections and the head', () =>
    tidy(() => {
      const paths = (project: boolean) =>
        Object.keys(tensorFusion({ project }).init(key(1), imageSpec, textSpec)).length;
      expect(paths(true)).toBe(6);
      expect(paths(false)).toBe(2);
    }));
});
