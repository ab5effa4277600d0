import { memory, range, reshape, tidy, type Rank } from '@tensorflow/tfjs-core';
import { inference, key, type Context } from '@crossweave/core';
import { expect, it } from 'vitest';
import { dropPatches } from './patch-dropout';

const training: Context = { training: true, key: key(0) };
/** Token n of picture b is 100·b + n. */
const tokens = () =>
  reshape<Rank.R3>([...range(0, 9).dataSync(), ...range(100, 109).dataSync()], [2, 9, 1]);

it('keeps the class token and a share of the patches in order, others for each picture', () => {
  tidy(() => {
    const kept = dropPatches(tokens(), 0.5, training);
    expect(kept.shape).toEqual([2, 5, 1]);
    const values = [...kept.dataSync()];
    const rows = [values.slice(0, 5), values.slice(5).map((value) => value - 100)];
    for (const row of rows) {
      expect(row[0]).toBe(0);
      expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
      expect(Math.max(...row)).toBeLessThan(9);
    }
    expect(rows[0]).not.toEqual(rows[1]);
  });
});

it('draws by key, keeps one patch at least, and all of them out of training', () => {
  tidy(() => {
    const x = tokens();
    const draw = (ctx: Context): number[] => [...dropPatches(x, 0.5, ctx).dataSync()];
    expect(draw(training)).toEqual(draw(training));
    expect(draw(training)).not.toEqual(draw({ training: true, key: key(1) }));
    expect(dropPatches(x, 0.999, training).shape).toEqual([2, 2, 1]);
    expect(dropPatches(x, 0.5, inference)).toBe(x);
    expect(dropPatches(x, 0, training)).toBe(x);
  });
});

it('leaks nothing', () => {
  const x = tidy(tokens);
  const before = memory().numTensors;
  dropPatches(x, 0.5, training).dispose();
  expect(memory().numTensors).toBe(before);
  x.dispose();
});
