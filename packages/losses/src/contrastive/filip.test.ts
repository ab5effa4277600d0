import { ones, tensor1d, tensor3d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { inference, type Features, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { filip } from './filip';

const options = { embeds: [true], negatives: [0] };
testLoss(() => filip({ temperature: 'learned' }), { describe, it }, options);

describe('filip', () => {
  const side = (tokens: number[], mask: number[], width = 2): Features => ({
    tokens: tensor3d(tokens, [2, 2, width]),
    mask: tensor2d(mask, [2, 2]),
    pooled: ones([2, width]),
  });
  const batch = { size: 2, ids: [], groups: ['a', 'b'], image: undefined, text: undefined };
  const i2t = (image: Features, text: Features): number => {
    const outputs = { image, text } as unknown as ModelOutputs;
    const { terms } = filip({ temperature: 1 }).compute({}, outputs, batch, inference);
    return terms['i2t']!.dataSync()[0]!;
  };

  it('takes the best token of the other side, by hand, and none of the padding', () =>
    tidy(() => {
      const image = side([1, 0, 0, 1, 0, 2, 0, 3], [1, 1, 1, 1]);
      const own = -Math.log(Math.E / (Math.E + Math.exp(0.5)));
      const across = -Math.log(Math.E / (Math.E + Math.E));
      for (const padding of [0, 9]) {
        // Text 0 has both directions, text 1 the upward one and a padded token.
        const text = side([1, 0, 0, 1, 0, 1, padding, 0], [1, 1, 1, 0]);
        expect(i2t(image, text)).toBeCloseTo((own + across) / 2, 5);
      }
    }));

  it('refuses missing rows', () =>
    tidy(() => {
      const image = side([1, 0, 0, 1, 0, 2, 0, 3], [1, 1, 1, 1]);
      const present = tensor1d([1, 0]);
      expect(() => i2t(image, { ...image, present })).toThrow(/missing rows, which have no tokens/);
    }));

  it('refuses tokens of different widths', () =>
    tidy(() => {
      const image = side([1, 0, 0, 1, 0, 2, 0, 3], [1, 1, 1, 1]);
      expect(() => i2t(image, side([1, 2, 3, 4], [1, 1, 1, 1], 1))).toThrow(/text\.tokens/);
    }));
});
