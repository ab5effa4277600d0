import { eye, mul, tidy, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  countParameters,
  inference,
  isBuffer,
  key,
  parameter,
  type Features,
  type Params,
} from '@crossweave/core';
import {
  paramsFromSafetensors,
  paramsToSafetensors,
  parseSafetensors,
  serializeSafetensors,
} from '@crossweave/checkpoints';
import { expectClose, isClose, sampleFeatures, testFusion } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { imageSpec, joint, samples, textSpec } from './bilinear.testing';
import { mcb, type McbOptions } from './mcb';

const runner = { describe, it };
const plain = { outputActivation: 'none' } as const;
testFusion(() => mcb({ dim: 5, hidden: 12, dropout: 0.3, chunk: 4 }), runner);
testFusion(() => mcb({ dim: 5, hidden: 15, normalize: true, ...plain }), runner);

/** MCB whose joint representation is the sketch itself. */
function sketching(hidden: number, options: McbOptions = {}, seed = 1) {
  const fusion = mcb({ hidden, dim: hidden, ...plain, ...options });
  const params: Params = {
    ...fusion.init(key(seed), imageSpec, textSpec),
    'linear_out.weight': eye(hidden),
    'linear_out.bias': zeros([hidden]),
  };
  return { fusion, params };
}

/** The sketch of x ⊗ y by its definition: each product at the sum of its places, with both signs. */
function expectedSketch(params: Params, x: Tensor, y: Tensor, P: number, Q: number): Float64Array {
  const read = (path: string): number[] => [...parameter(params, path).dataSync()];
  const [left, right] = [read('sketch0.buffer_index'), read('sketch1.buffer_index')];
  const [signs, others] = [read('sketch0.buffer_sign'), read('sketch1.buffer_sign')];
  const out = new Float64Array(P * Q);
  const [xs, ys] = [x.dataSync(), y.dataSync()];
  for (let i = 0; i < signs.length; i++) {
    for (let j = 0; j < others.length; j++) {
      const row = (left[i]! + right[j]!) % P;
      const column = (left[signs.length + i]! + right[others.length + j]!) % Q;
      const product = signs[i]! * others[j]! * xs[i]! * ys[j]!;
      out[row * Q + column] = out[row * Q + column]! + product;
    }
  }
  return out;
}

const one = (seed: number, scale = 1): [Features, Features] => [
  sampleFeatures(key(seed), imageSpec, { batch: 1, scale }),
  sampleFeatures(key(seed + 1), textSpec, { batch: 1, scale }),
];

describe('mcb', () => {
  it.each([
    [20, 4, 5],
    [36, 6, 6],
    [7, 1, 7],
  ])('is the count sketch of the outer product: %i places', (hidden, P, Q) =>
    tidy(() => {
      const { fusion, params } = sketching(hidden);
      const [image, text] = one(5);
      const expected = expectedSketch(params, image.pooled, text.pooled, P, Q);
      joint(fusion, params, [image, text])
        .dataSync()
        .forEach((value, place) => {
          expect(isClose(value, expected[place]!)).toBe(true);
        });
    }),
  );

  it('is the circular convolution of the paper, in another order, where P and Q are coprime', () =>
    tidy(() => {
      const [P, Q] = [4, 5];
      const { fusion, params } = sketching(P * Q);
      const [image, text] = one(5);
      /** The place on the circle of the same remainders. */
      const circle = (row: number, column: number): number =>
        Array.from({ length: P * Q }, (_, at) => at).find(
          (at) => at % P === row && at % Q === column,
        )!;
      const sketch = (path: string, x: Tensor): Float64Array => {
        const out = new Float64Array(P * Q);
        const index = parameter(params, `${path}.buffer_index`).dataSync();
        const signs = parameter(params, `${path}.buffer_sign`).dataSync();
        x.dataSync().forEach((value, i) => {
          const at = circle(index[i]!, index[signs.length + i]!);
          out[at] = out[at]! + signs[i]! * value;
        });
        return out;
      };
      const [left, right] = [sketch('sketch0', image.pooled), sketch('sketch1', text.pooled)];
      const found = joint(fusion, params, [image, text]).dataSync();
      for (let row = 0; row < P; row++) {
        for (let column = 0; column < Q; column++) {
          const at = circle(row, column);
          const expected = left.reduce(
            (total, value, i) => total + value * right[(at - i + P * Q) % (P * Q)]!,
            0,
          );
          expect(isClose(found[row * Q + column]!, expected)).toBe(true);
        }
      }
    }));

  it('estimates the product of both inner products without bias', () =>
    tidy(() => {
      const [image, text] = one(5);
      const [others, words] = one(9);
      const dot = (a: Tensor, b: Tensor): number => {
        const values = b.dataSync();
        return [...a.dataSync()].reduce((total, value, i) => total + value * values[i]!, 0);
      };
      const expected = dot(image.pooled, others.pooled) * dot(text.pooled, words.pooled);
      const draws = Array.from({ length: 600 }, (_, seed) =>
        tidy(() => {
          const { fusion, params } = sketching(16, {}, seed);
          return dot(joint(fusion, params, [image, text]), joint(fusion, params, [others, words]));
        }),
      );
      const mean = draws.reduce((total, draw) => total + draw, 0) / draws.length;
      const variance =
        draws.reduce((total, draw) => total + (draw - mean) ** 2, 0) / (draws.length - 1);
      const error = Math.sqrt(variance / draws.length);
      expect(Math.abs(mean - expected)).toBeLessThan(3 * error);
      // The estimate is sharp enough for that to mean something.
      expect(error).toBeLessThan(Math.abs(expected) / 4);
    }));

  it('keeps places that no product reaches at exactly 0 before the root', () =>
    tidy(() => {
      const { fusion, params } = sketching(100, { normalize: true });
      const reached = parameter(params, 'sketch.buffer_reached').dataSync();
      const empty = reached.filter((one) => one === 0).length;
      expect(empty).toBeGreaterThan(70);
      const values = joint(fusion, params, one(5)).dataSync();
      expect(values.filter((value) => value === 0).length).toBe(empty);
    }));

  it('has hashes that are saved and loaded as whole numbers, and never trained', async () => {
    const fusion = mcb({ dim: 3, hidden: 12, normalize: true });
    const params = fusion.init(key(1), imageSpec, textSpec);
    const buffers = Object.keys(params).filter((path) => isBuffer(path));
    expect(buffers.sort()).toEqual([
      'sketch.buffer_reached',
      'sketch0.buffer_index',
      'sketch0.buffer_sign',
      'sketch1.buffer_index',
      'sketch1.buffer_sign',
    ]);
    expect(countParameters(params)).toBe(12 * 3 + 3 + 3 + 1);
    const file = serializeSafetensors(await paramsToSafetensors(params));
    const loaded = paramsFromSafetensors(parseSafetensors(file));
    tidy(() => {
      for (const path of buffers) expect(loaded[path]!.dtype).toBe('int32');
      const pairs = samples();
      expectClose(joint(fusion, loaded, pairs), joint(fusion, params, pairs));
      const scores = [params, loaded].map((tree) => fusion.score(tree, ...pairs, inference));
      expectClose(scores[1]!, scores[0]!);
    });
    for (const tree of [params, loaded]) Object.values(tree).forEach((value) => value.dispose());
  });

  it('stays finite where the features are tiny or a side is missing', () =>
    tidy(() => {
      const { fusion, params } = sketching(20, { normalize: true });
      const [image, text] = one(5, 1e-20);
      const missing = { ...image, pooled: mul<Tensor2D>(image.pooled, 0) };
      for (const left of [image, missing]) {
        const values = [...joint(fusion, params, [left, text]).dataSync()];
        expect(values.every((value) => Number.isFinite(value))).toBe(true);
      }
    }));

  it('refuses a length that no torus has', () => {
    expect(() => mcb({ hidden: 15991 })).toThrow(/mcb.*two numbers/s);
  });
});
