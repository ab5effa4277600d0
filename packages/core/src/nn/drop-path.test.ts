import { ones, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference, scoped, type Context } from '../contracts/context';
import { ConfigError } from '../errors';
import { key } from '../keys';
import { gradientsAt, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { dropPath, dropPathRates } from './drop-path';

const training: Context = { training: true, key: key(0) };

describe('dropPath', () => {
  it('drops whole samples, in the given share, and scales the others', () => {
    tidy(() => {
      const values = dropPath(ones([4000, 3]), 0.25, training, 'a').dataSync();
      let dropped = 0;
      for (let row = 0; row < 4000; row++) {
        const sample = new Set(values.slice(3 * row, 3 * row + 3));
        expect(sample.size).toBe(1);
        expect([0, Math.fround(4 / 3)]).toContain(values[3 * row]);
        if (values[3 * row] === 0) dropped++;
      }
      expect(dropped / 4000).toBeGreaterThan(0.23);
      expect(dropped / 4000).toBeLessThan(0.27);
    });
  });

  it('draws by key and path', () => {
    const draw = (ctx: Context, path: string): number[] =>
      tidy(() => [...dropPath(ones([64, 1]), 0.5, ctx, path).dataSync()]);
    expect(draw(training, 'a')).toEqual(draw(training, 'a'));
    expect(draw(training, 'a')).not.toEqual(draw(training, 'b'));
    expect(draw(training, 'a')).not.toEqual(draw({ ...training, key: key(1) }, 'a'));
    expect(draw(training, 'a')).not.toEqual(draw(scoped(training, 'image.'), 'a'));
  });

  it('is the identity out of training and at rate 0, and nothing at rate 1', () => {
    const x = ones([3, 2]);
    expect(dropPath(x, 0.5, inference, 'a')).toBe(x);
    expect(dropPath(x, 0, training, 'a')).toBe(x);
    tidy(() => {
      expect([...dropPath(x, 1, training, 'a').dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    });
    x.dispose();
  });

  it('gives its gradient the same draw', () => {
    tidy(() => {
      const x = ones([50, 2]);
      const { x: gradient } = gradientsAt(
        (at) => weighedSum(key(1), [dropPath(at['x']!, 0.5, training, 'a')]),
        { x },
      );
      const dropped = dropPath(x, 0.5, training, 'a').dataSync();
      gradient!.dataSync().forEach((value, i) => expect(value === 0).toBe(dropped[i] === 0));
    });
  });

  it('leaks nothing, and refuses a rate out of range', () => {
    const x = ones([3, 1]);
    assertNoLeak('dropPath', [x], () => [dropPath(x, 0.5, training, 'a')]);
    for (const rate of [-0.1, 1.1, NaN]) {
      expect(() => dropPath(x, rate, training, 'layer.3')).toThrow(ConfigError);
    }
    x.dispose();
  });
});

describe('dropPathRates', () => {
  it('grow linearly from 0 to the last layer’s', () => {
    expect(dropPathRates(5, 0.2)).toEqual([0, 0.05, 0.1, expect.closeTo(0.15), 0.2]);
    expect(dropPathRates(1, 0.2)).toEqual([0]);
  });
});
