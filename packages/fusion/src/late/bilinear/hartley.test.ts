import { memory, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { key, normalArray } from '@crossweave/core';
import { isClose } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { hartleyTables, inverseHartley, type Torus } from './hartley';

/** Σ f(a, b)·(cos ψ + sin ψ) by its definition. */
function transform(f: ArrayLike<number>, [P, Q]: Torus): number[] {
  const out: number[] = [];
  for (let p = 0; p < P; p++) {
    for (let q = 0; q < Q; q++) {
      let total = 0;
      for (let a = 0; a < P; a++) {
        for (let b = 0; b < Q; b++) {
          const psi = 2 * Math.PI * ((p * a) / P + (q * b) / Q);
          total += f[a * Q + b]! * (Math.cos(psi) + Math.sin(psi));
        }
      }
      out.push(total);
    }
  }
  return out;
}

describe('inverseHartley', () => {
  it.each([
    [1, 5],
    [2, 2],
    [3, 4],
  ] as const)('undoes the transform on the torus of %i × %i', (P, Q) => {
    tidy(() => {
      const places = [normalArray(key(1), P * Q), normalArray(key(2), P * Q)];
      const transforms = tensor2d(places.map((row) => transform(row, [P, Q])));
      const back = inverseHartley(hartleyTables([P, Q]), transforms);
      const expected = places.flatMap((row) => [...row]);
      expect(back.shape).toEqual([2, P * Q]);
      back.dataSync().forEach((value, i) => {
        expect(isClose(value, expected[i]!, { atol: 1e-5 })).toBe(true);
      });
    });
  });
});

describe('hartleyTables', () => {
  it('are numbers, not tensors, so that a fusion owns none', () => {
    const before = memory().numTensors;
    const { columns, mixed, plain, inverseRows, inverseColumns } = hartleyTables([2, 3]);
    expect(
      [columns, mixed, plain, inverseRows, inverseColumns].map(({ length }) => length),
    ).toEqual([18, 16, 16, 8, 18]);
    expect(memory().numTensors).toBe(before);
  });
});
