import {
  add,
  concat,
  engine,
  fill,
  matMul,
  mul,
  neg,
  reshape,
  sum,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { key, normal, type Features, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { describe, expect, it } from 'vitest';
import { createLoss, losses } from './registry';

const names = Object.keys(losses);
const withoutScores = new Set([
  'multiple-negatives-ranking',
  'supervised',
  'geodesic-mixup',
  'cloob',
  'alignment-uniformity',
  'barlow-twins',
  'vicreg',
]);

const side = (pooled: Tensor2D): Features => {
  const [size, width] = pooled.shape;
  return { pooled, tokens: reshape(pooled, [size, 1, width]), mask: fill([size, 1], 1) };
};

/** A model whose rows are embeddings, or whose scores are dot products of rows. */
function outputsOf(image: Tensor2D, text: Tensor2D, embedded: boolean): ModelOutputs {
  const score = (a: Features, b: Features): Tensor2D => matMul(a.pooled, b.pooled, false, true);
  const embedding = embedded && {
    embed: (_: 'image' | 'text', { pooled }: Features) => normalize(pooled),
  };
  const [size, width] = image.shape;
  return {
    image: side(image),
    text: side(text),
    fuse: (a, b) => {
      const joint = mul<Tensor2D>(a.pooled, b.pooled);
      return { joint, match: sum<Tensor1D>(joint, 1) };
    },
    score,
    ...embedding,
    teacher: { image: side(text), text: side(image), score, ...embedding },
    captions: {
      logits: reshape<Rank.R3>(concat([image, neg(image)], 1), [size, 1, 2 * width]),
      targets: zeros<Rank.R2>([size, 1], 'int32'),
      mask: fill<Rank.R2>([size, 1], 1),
    },
  };
}

/** The total of a loss and all gradients. */
function everything(name: string, rows: [Tensor2D, Tensor2D], groups: string[], embedded: boolean) {
  const loss = createLoss(name);
  const params = loss.init?.(key(0)) ?? {};
  const batch = { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
  const { value, grads } = engine().gradients(
    (): Scalar => {
      const ctx = { training: true, key: key(1) };
      const result = loss.compute(params, outputsOf(...rows, embedded), batch, ctx);
      // Nothing may be without a gradient, so that all are looked at.
      return add(result.total, mul(add(sum(rows[0]), sum(rows[1])), 0));
    },
    [...rows, ...Object.values(params)],
    undefined,
    true,
  );
  return [value, ...grads.filter((gradient) => gradient as Tensor | undefined)];
}

describe.each(names)('%s', (name) => {
  const fusions = withoutScores.has(name) ? [true] : [true, false];
  it.each([
    ['zero rows', 0, ['a', 'b', 'c']],
    ['one pair', 1, ['a']],
    ['pairs of one image', 1, ['a', 'a', 'a']],
    ['rows of 1e4', 1e4, ['a', 'b', 'c']],
  ] as const)('is finite, gradients included, for %s', (_, scale, groups) => {
    for (const embedded of fusions) {
      tidy(() => {
        const rows = [1, 2].map((seed): Tensor2D =>
          normal(key(seed), [groups.length, 4], 0, scale),
        );
        for (const result of everything(
          name,
          rows as [Tensor2D, Tensor2D],
          [...groups],
          embedded,
        )) {
          expect(Array.from(result.dataSync()).every(Number.isFinite)).toBe(true);
        }
      });
    }
  });
});

it.each(names.filter((name) => !withoutScores.has(name)))(
  '%s is finite at logits of ±1e4',
  (name) => {
    tidy(() => {
      const image = tensor2d([100, 100, -100], [3, 1]);
      for (const signs of [
        [1, 1, 1],
        [1, -1, 1],
        [-1, -1, 1],
      ]) {
        const text = tensor2d(
          signs.map((sign) => 100 * sign),
          [3, 1],
        );
        for (const result of everything(name, [image, text], ['a', 'b', 'c'], false)) {
          expect(Array.from(result.dataSync()).every(Number.isFinite)).toBe(true);
        }
      }
    });
  },
);
