import {
  cast,
  grad,
  mul,
  ones,
  reshape,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { foldIn, key, type Features, type ModelOutputs } from '@crossweave/core';
import { expect, it } from 'vitest';
import { valueOf } from '../host-value.testing';
import { rightTextsOf } from '../same';
import { drawNegatives, imageSimilarity, textSimilarity } from './draw';

const settings = { hard: true, drawTemperature: 0.1 };

/** How often each row is drawn for row 0, in `trials` draws of `count`. */
function frequencies(
  similarity: number[][],
  groups: string[],
  { count = 1, trials = 2000, hard = true } = {},
): number[] {
  const times = groups.map(() => 0);
  for (let trial = 0; trial < trials; trial++) {
    tidy(() => {
      const from = foldIn(key(8), trial);
      const options = { ...settings, hard };
      const { rows } = drawNegatives(
        from,
        () => tensor2d(similarity),
        rightTextsOf({ groups }),
        groups.length,
        count,
        options,
      );
      for (const row of rows.dataSync().slice(0, count)) times[row]! += 1 / trials;
    });
  }
  return times;
}

const rows = (first: number[]): number[][] => first.map(() => first);

it('draws by the softmax of similarities, never the own row nor one of the same image', () => {
  const times = frequencies(rows([1, 0.1, 0, 0.1, 1]), ['a', 'b', 'c', 'd', 'a']);
  const weights = [0, Math.E, 1, Math.E, 0];
  weights.forEach((weight, row) => {
    expect(Math.abs(times[row]! - weight / (1 + 2 * Math.E))).toBeLessThan(0.03);
  });
  expect(times[0]! + times[4]!).toBe(0);
});

it('draws uniformly when told to, and without replacement', () => {
  const uniform = frequencies(rows([1, 1, 0, -1]), ['a', 'b', 'c', 'd'], { hard: false });
  uniform.slice(1).forEach((share) => expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04));
  const all = frequencies(rows([1, 1, 0, -1]), ['a', 'b', 'c', 'd'], { count: 3, trials: 20 });
  all.slice(1).forEach((share) => expect(share).toBeCloseTo(1, 10));
});

it('is safe where the softmax leaves nothing but the own row', () => {
  // At this temperature every other weight underflows to 0.
  tidy(() => {
    const similarity = tensor2d([1, -1, -1, -1, 1, -1, -1, -1, 1], [3, 3]);
    const options = { hard: true, drawTemperature: 0.001 };
    const draw = drawNegatives(
      key(1),
      () => similarity,
      rightTextsOf({ groups: ['a', 'b', 'c'] }),
      3,
      1,
      options,
    );
    [...draw.rows.dataSync()].forEach((row, i) => expect(row).not.toBe(i));
    expect(valueOf(draw.valid)).toEqual([1, 1, 1]);
  });
});

it('says which draws stand for no negative', () =>
  tidy(() => {
    const draw = drawNegatives(
      key(1),
      () => ones([3, 3]),
      rightTextsOf({ groups: ['a', 'a', 'b'] }),
      3,
      2,
      settings,
    );
    expect(valueOf(draw.valid)).toEqual([1, 0, 1, 0, 1, 1]);
    expect(draw.rows.dataSync()[0]).toBe(2);
    expect(
      valueOf(
        drawNegatives(
          key(1),
          () => ones([2, 2]),
          rightTextsOf({ groups: ['a', 'a'] }),
          2,
          1,
          settings,
        ).valid,
      ),
    ).toEqual([0, 0]);
  }));

it('repeats with its key, and lets no gradient into the similarities', () =>
  tidy(() => {
    const groups = Array.from({ length: 8 }, (_, i) => String(i));
    const draw = (seed: number): number[] => [
      ...drawNegatives(
        key(seed),
        () => ones([8, 8]),
        rightTextsOf({ groups }),
        8,
        2,
        settings,
      ).rows.dataSync(),
    ];
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
    // The gradient is that of the chosen rows as constants.
    let drawn: number[] = [];
    const slope = grad((x) => {
      const right = rightTextsOf({ groups });
      const { rows } = drawNegatives(key(1), () => x as Tensor2D, right, 8, 1, settings);
      drawn = [...rows.dataSync()];
      return sum(mul(sum(x, 1), cast(rows, 'float32')));
    })(ones([8, 8]));
    expect(new Set(drawn).size).toBeGreaterThan(1);
    expect([...slope.dataSync()]).toEqual(drawn.flatMap((row) => new Array<number>(8).fill(row)));
  }));

it('takes similarities from the embeddings, or each side from its own summaries', () =>
  tidy(() => {
    const side = (pooled: Tensor2D): Features => ({
      tokens: reshape(pooled, [2, 1, 2]),
      mask: ones([2, 1]),
      pooled,
    });
    const image = side(tensor2d([2, 0, 0, 3], [2, 2]));
    const text = side(tensor2d([1, 1, 0, 5], [2, 2]));
    const bare = { image, text } as unknown as ModelOutputs;
    const close = (found: Tensor2D, wanted: number[]): void => {
      found.dataSync().forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
    };
    close(imageSimilarity(bare), [1, 0, 0, 1]);
    close(textSimilarity(bare), [1, Math.SQRT1_2, Math.SQRT1_2, 1]);
    const missing = { pooled: tensor2d([2, 0, NaN, 3], [2, 2]), present: tensor1d([1, 0]) };
    const partial = { image: missing, text: missing } as unknown as ModelOutputs;
    close(imageSimilarity(partial), [1, 0, 0, 0]);
    close(textSimilarity(partial), [1, 0, 0, 0]);
    const embedded = { ...bare, embed: (_: 'image' | 'text', { pooled }: Features) => pooled };
    close(textSimilarity(embedded), [2, 0, 3, 15]);
    close(imageSimilarity(embedded), [2, 3, 0, 15]);
  }));
