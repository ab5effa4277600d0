import { tensor2d, tensor3d, tidy } from '@tensorflow/tfjs-core';
import { inference, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { captioning } from './captioning';

const options = { embeds: [true], negatives: [0], outputs: ['captions'] } as const;
testLoss(() => captioning({ vocabulary: 16 }), { describe, it }, options);
testLoss(() => captioning({ labelSmoothing: 0.1, vocabulary: 16 }), { describe, it }, options);

describe('captioning', () => {
  const batch = { size: 2, ids: [], groups: [], image: undefined, text: undefined };
  const results = (mask: number[], padded: number): number[] =>
    tidy(() => {
      const captions = {
        logits: tensor3d([2, 0, 0, 1, padded, 0, 0, 0], [2, 2, 2]),
        targets: tensor2d([0, 0, 1, 1], [2, 2], 'int32'),
        mask: tensor2d(mask, [2, 2]),
      };
      const outputs = { captions } as unknown as ModelOutputs;
      const { total, terms } = captioning().compute({}, outputs, batch, inference);
      return [total.dataSync()[0]!, terms['accuracy']!.dataSync()[0]!];
    });

  it('is the mean over real tokens, whatever the padding holds', () => {
    const first = Math.log(1 + Math.exp(-2));
    const second = Math.log(1 + Math.E);
    for (const padded of [0, 1e4]) {
      const [total, accuracy] = results([1, 1, 0, 1], padded);
      expect(total).toBeCloseTo((first + second + Math.LN2) / 3, 5);
      expect(accuracy).toBeCloseTo(1 / 3, 6);
    }
    expect(results([0, 0, 0, 0], 3).map(Math.abs)).toEqual([0, 0]);
  });

  it.each([2, -1, -100])('says that %i is no token, unless it is padding', (target) =>
    tidy(() => {
      const total = (real: number): number => {
        const captions = {
          logits: tensor3d([2, 0, 0, 1], [1, 2, 2]),
          targets: tensor2d([0, target], [1, 2], 'int32'),
          mask: tensor2d([1, real], [1, 2]),
        };
        const outputs = { captions } as unknown as ModelOutputs;
        return captioning().compute({}, outputs, batch, inference).total.dataSync()[0]!;
      };
      expect(total(1)).toBeNaN();
      expect(total(0)).toBeCloseTo(Math.log(1 + Math.exp(-2)), 5);
    }),
  );

  it('knows its chance level only with the vocabulary', () => {
    expect('chance' in captioning()).toBe(false);
    expect(captioning({ vocabulary: 100 }).chance!(8)).toBeCloseTo(Math.log(100), 10);
  });

  it('refuses a model without captions', () => {
    expect(() => captioning().compute({}, {} as ModelOutputs, batch, inference)).toThrow(
      /needs caption logits/,
    );
  });
});
