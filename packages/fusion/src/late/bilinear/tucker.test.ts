import { add, matMul, mul, reshape, slice, stack, sum, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { key, parameter } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { tucker } from './tucker';

const runner = { describe, it };
const small = { dim: 5, hidden: 4 };
const equal = { image: { dim: 6, tokens: 3 }, text: { dim: 6, tokens: 'varies' as const } };
testFusion(() => tucker({ ...small, chunk: 4 }), runner);
testFusion(() => tucker({ ...small, dropout: 0.3, normalize: true }), runner);
testFusion(() => tucker({ ...small, shared: true }), runner, equal);

describe('tucker', () => {
  it("reads output o from the core's slice o: x'ᵀ T_o y' + t_o", () =>
    tidy(() => {
      const fusion = tucker({ dim: 4, hidden: 4 });
      const params = fusion.init(key(1), imageSpec, textSpec);
      const [image, text] = samples();
      const x = linear(params, 'linear0', image.pooled);
      const y = linear(params, 'linear1', text.pooled);
      const core = parameter(params, 'bilinear.weight');
      const outputs = [0, 1, 2, 3].map((o) => {
        const form = reshape<Rank.R2>(slice(core, [o, 0, 0], [1, 4, 4]), [4, 4]);
        return sum(mul(matMul(x, form), y), 1);
      });
      const z = add<Tensor2D>(stack(outputs, 1), parameter(params, 'bilinear.bias'));
      expectClose(joint(fusion, params), linear(params, 'linear_out', z));
    }));

  it('shares its projection when told to, unlike MMF', () =>
    tidy(() => {
      const fusion = tucker({ ...small, shared: true });
      const paths = Object.keys(fusion.init(key(1), equal.image, equal.text));
      expect(paths).toContain('linear0.weight');
      expect(paths).not.toContain('linear1.weight');
      expect(() => fusion.init(key(1), imageSpec, textSpec)).toThrow(/tucker.*"shared"/);
    }));
});
