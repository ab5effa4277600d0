import {
  add,
  mul,
  reshape,
  slice,
  tensor2d,
  tidy,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { ConfigError, countParameters, isBuffer, key, normal } from '@crossweave/core';
import { isClose } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { drawHash, hashBuffers, reachedPlaces, sketchTransforms, torusOf } from './count-sketch';
import { hartleyTables, inverseHartley } from './hartley';

describe('torusOf', () => {
  it.each([
    [16000, [125, 128]],
    [64, [8, 8]],
    [13, [1, 13]],
    [1, [1, 1]],
  ])('cuts %i as squarely as it goes', (places, torus) => {
    expect(torusOf('test', places)).toEqual(torus);
  });

  it('refuses a length that has no factors, and names one that has', () => {
    expect(() => torusOf('mcb', 15991)).toThrow(ConfigError);
    expect(() => torusOf('mcb', 15991)).toThrow(/mcb.*15876/s);
  });
});

describe('a hash', () => {
  const torus = [3, 5] as const;

  it('is drawn evenly from its key, and kept as buffers', () => {
    const { rows, columns, signs } = drawHash(key(1), 3000, torus);
    expect(drawHash(key(1), 3000, torus).rows).toEqual(rows);
    expect(drawHash(key(2), 3000, torus).rows).not.toEqual(rows);
    for (const [values, limit] of [
      [rows, 3],
      [columns, 5],
    ] as const) {
      for (let value = 0; value < limit; value++) {
        const share = values.filter((one) => one === value).length / 3000;
        expect(Math.abs(share - 1 / limit)).toBeLessThan(0.04);
      }
    }
    expect(new Set(signs)).toEqual(new Set([-1, 1]));
    expect(Math.abs(signs.reduce((sum, sign) => sum + sign, 0))).toBeLessThan(200);
    tidy(() => {
      const buffers = hashBuffers('sketch0', { rows, columns, signs });
      expect(Object.keys(buffers).every((path) => isBuffer(path))).toBe(true);
      expect(Object.values(buffers).map(({ dtype }) => dtype)).toEqual(['int32', 'int32']);
      expect(countParameters(buffers)).toBe(0);
    });
  });

  it('says which places products of two sides can reach', () => {
    const left = { rows: [0, 2], columns: [4, 0], signs: [1, -1] };
    const right = { rows: [1], columns: [3], signs: [1] };
    // (0 + 1, 4 + 3 mod 5) and (2 + 1 mod 3, 0 + 3)
    const reached = [...reachedPlaces(left, right, torus)];
    expect(reached.flatMap((one, place) => (one === 1 ? [place] : []))).toEqual([3, 7]);
  });
});

describe('sketchTransforms', () => {
  it('are those of the sketch: each number, with its sign, added at its place', () =>
    tidy(() => {
      const torus = [2, 3] as const;
      const tables = hartleyTables(torus);
      const params = hashBuffers('sketch0', {
        rows: [1, 0, 1],
        columns: [2, 0, 2],
        signs: [1, -1, -1],
      });
      const x = tensor2d([[2, 3, 7]]);
      const both = sketchTransforms(params, 'sketch0', x, tables, tables.plain);
      const part = (i: number): Tensor => reshape(slice(both, [0, i, 0], [1, 1, 6]), [1, 6]);
      const sketch = inverseHartley(tables, add(part(0), part(1)));
      [-3, 0, 0, 0, 0, 2 - 7].forEach((expected, place) => {
        expect(isClose(sketch.dataSync()[place]!, expected)).toBe(true);
      });
      const mixed = sketchTransforms(params, 'sketch0', x, tables, tables.mixed);
      const sums = reshape(slice(mixed, [0, 0, 0], [1, 1, 6]), [1, 6]);
      const again = inverseHartley(tables, mul(sums, 1));
      expect(isClose(again.dataSync()[5]!, -5)).toBe(true);
    }));

  it('refuses a hash of another width', () =>
    tidy(() => {
      const tables = hartleyTables([2, 3]);
      const params = hashBuffers('sketch0', drawHash(key(1), 4, [2, 3]));
      const x = normal<Rank.R2>(key(1), [2, 5]);
      expect(() => sketchTransforms(params, 'sketch0', x, tables, tables.plain)).toThrow(
        /sketch0: buffer_index/,
      );
    }));
});
