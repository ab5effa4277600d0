import {
  dispose,
  grads,
  memory,
  ones,
  profile,
  reshape,
  scalar,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { inference, key, normal, type Features, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { expectClose, testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { siglip } from './siglip';

const runner = { describe, it };
testLoss(() => siglip(), runner, { negatives: [0] });
testLoss(() => siglip({ negatives: true, temperature: 0.5, bias: -1 }), runner, { negatives: [2] });
testLoss(() => siglip({ chunk: 2, duplicates: 'positive' }), runner, {
  embeds: [true],
  negatives: [0],
});

const outputsOf = (image: Tensor2D, text: Tensor2D): ModelOutputs => {
  const side = (pooled: Tensor2D): Features => ({
    pooled,
    tokens: reshape(pooled, [pooled.shape[0], 1, pooled.shape[1]]),
    mask: ones([pooled.shape[0], 1]),
  });
  const embed = (_: 'image' | 'text', { pooled }: Features): Tensor2D => normalize(pooled);
  return { image: side(image), text: side(text), embed } as unknown as ModelOutputs;
};
const batchOf = (groups: string[]) => ({
  size: groups.length,
  ids: groups,
  groups,
  image: undefined,
  text: undefined,
});

describe('siglip', () => {
  it.each([8, 128])('starts at 10 for %i random pairs', (size) =>
    tidy(() => {
      const [image, text] = [1, 2].map((seed): Tensor2D => normal(key(seed), [size, 512]));
      const groups = Array.from({ length: size }, (_, i) => String(i));
      const loss = siglip();
      const outputs = outputsOf(image!, text!);
      const { total } = loss.compute(loss.init!(key(0)), outputs, batchOf(groups), inference);
      expect(Math.abs(total.dataSync()[0]! - 10)).toBeLessThan(0.15);
      expect(Math.abs(loss.chance!(size) - 10)).toBeLessThan(0.01);
    }),
  );

  it.each([1, 3, 7, 8])('has the same value and gradients in chunks of %i', (chunk) =>
    tidy(() => {
      const groups = ['a', 'b', 'a', 'c', 'd', 'e', 'f'];
      const point: Tensor[] = [
        normal(key(3), [7, 6]),
        normal(key(4), [7, 6]),
        scalar(1.5),
        scalar(-2),
      ];
      for (const duplicates of ['exclude', 'positive', 'negative'] as const) {
        const total = (options: object) => (image: Tensor, text: Tensor, s: Tensor, b: Tensor) =>
          siglip({ duplicates, ...options }).compute(
            { logit_scale: s, logit_bias: b },
            outputsOf(image as Tensor2D, text as Tensor2D),
            batchOf(groups),
            inference,
          ).total;
        expectClose(
          total({ chunk })(...(point as [Tensor, Tensor, Tensor, Tensor])),
          total({})(...(point as [Tensor, Tensor, Tensor, Tensor])),
        );
        const whole = grads(total({}))(point);
        grads(total({ chunk }))(point).forEach((gradient, i) => expectClose(gradient, whole[i]!));
      }
    }),
  );

  it('needs the memory of a chunk of texts in chunks', async () => {
    const [image, text] = [1, 2].map((seed): Tensor2D => normal(key(seed), [256, 4]));
    const groups = Array.from({ length: 256 }, (_, i) => String(i));
    const peak = async (chunk: number | 'all'): Promise<number> => {
      const loss = siglip({ chunk, bias: -10, temperature: 0.1 });
      const slopes = grads(
        (x, y) =>
          loss.compute({}, outputsOf(x as Tensor2D, y as Tensor2D), batchOf(groups), inference)
            .total,
      );
      const { peakBytes } = await profile(() => tidy(() => void slopes([image!, text!])));
      return peakBytes;
    };
    const before = memory().numBytes;
    const scores = 4 * 256 ** 2;
    expect((await peak('all')) - before).toBeGreaterThan(4 * scores);
    expect((await peak(8)) - before).toBeLessThan(scores);
    dispose([image!, text!]);
  });

  it('refuses a temperature without a choice, and chunks of scores', () => {
    const options: object = { temperature: 'auto' };
    expect(() => siglip(options)).toThrow(/"temperature".*"learned".*got "auto"/);
    expect(() => siglip({ chunk: 0 })).toThrow(/"chunk"/);
    const scores = { score: () => ones([2, 2]) } as unknown as ModelOutputs;
    expect(() =>
      siglip({ chunk: 1, bias: 0, temperature: 1 }).compute(
        {},
        scores,
        batchOf(['a', 'b']),
        inference,
      ),
    ).toThrow(/needs embeddings/);
  });
});
