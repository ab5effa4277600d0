import { ones, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference, scoped, type Context } from '../contracts/context';
import { ConfigError } from '../errors';
import { key } from '../keys';
import { gradientsAt, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { dropout } from './dropout';

const training: Context = { training: true, key: key(0) };
const draw = (ctx: Context, path: string, rate = 0.25, size = 10000): number[] =>
  tidy(() => Array.from(dropout(ones([size]), rate, ctx, path).dataSync()));

describe('dropout', () => {
  it('drops the given share and scales the rest', () => {
    const values = draw(training, 'a');
    const dropped = values.filter((value) => value === 0).length;
    expect(dropped / values.length).toBeGreaterThan(0.235);
    expect(dropped / values.length).toBeLessThan(0.265);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
  });

  it('draws by key and path: the same for the same, another for another', () => {
    expect(draw(training, 'a')).toEqual(draw(training, 'a'));
    expect(draw(training, 'a')).not.toEqual(draw(training, 'b'));
    expect(draw(training, 'a')).not.toEqual(draw({ ...training, key: key(1) }, 'a'));
    expect(draw(training, 'a')).not.toEqual(draw(scoped(training, 'image.'), 'a'));
  });

  it('is the identity out of training and at rate 0', () => {
    const x = ones([3]);
    expect(dropout(x, 0.5, inference, 'a')).toBe(x);
    expect(dropout(x, 0, training, 'a')).toBe(x);
    x.dispose();
  });

  it('drops everything at rate 1', () => {
    expect(new Set(draw(training, 'a', 1, 10))).toEqual(new Set([0]));
  });

  it('gives its gradient the same mask', () => {
    tidy(() => {
      const x = ones([50]);
      const { x: gradient } = gradientsAt(
        (at) => weighedSum(key(1), [dropout(at['x']!, 0.5, training, 'a')]),
        { x },
      );
      const dropped = dropout(x, 0.5, training, 'a').dataSync();
      gradient!.dataSync().forEach((value, i) => expect(value === 0).toBe(dropped[i] === 0));
    });
  });

  it('leaks nothing, and refuses a rate out of range', () => {
    const x = ones([3]);
    assertNoLeak('dropout', [x], () => [dropout(x, 0.5, training, 'a')]);
    for (const rate of [-0.1, 1.1, NaN]) {
      expect(() => dropout(x, rate, training, 'layer.3')).toThrow(ConfigError);
      expect(() => dropout(x, rate, training, 'layer.3')).toThrow(/layer\.3/);
    }
    x.dispose();
  });
});
