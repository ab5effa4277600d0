import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { foldIn, key } from '../keys';
import { inference, scoped, withOwnKey, withoutRecord } from './context';

describe('inference', () => {
  it('trains nothing and records nothing', () => {
    expect(inference.training).toBe(false);
    expect(inference.record).toBeUndefined();
  });
});

describe('scoped', () => {
  it('folds the prefix into the key and keeps the mode', () => {
    const ctx = scoped({ training: true, key: key(7) }, 'image.');
    expect(ctx).toEqual({ training: true, key: foldIn(key(7), 'image.') });
    expect('record' in ctx).toBe(false);
    expect(scoped({ training: true, key: key(7) }, 'text.').key).not.toEqual(ctx.key);
  });

  it('asks what is frozen under the prefix, and passes on the step and whether to recompute', () => {
    const frozen = (path: string): boolean => path === 'image.layer1.norm.running_mean';
    const outer = { training: true, key: key(7), frozen, recompute: true, step: 0 };
    const inner = scoped(scoped(outer, 'image.'), 'layer1.');
    expect(['norm.running_mean', 'running_mean'].map((path) => inner.frozen?.(path))).toEqual([
      true,
      false,
    ]);
    expect(inner.recompute).toBe(true);
    expect(inner.step).toBe(0);
  });

  it('records under the prefix, through every level', () => {
    const recorded = new Map<string, Tensor>();
    const record = (path: string, value: Tensor) => void recorded.set(path, value);
    const inner = scoped(scoped({ training: true, key: key(7), record }, 'image.'), 'layer1.');
    const value = scalar(3);
    inner.record?.('norm.running_mean', value);
    expect([...recorded]).toEqual([['image.layer1.norm.running_mean', value]]);
    value.dispose();
  });
});

describe('withOwnKey and withoutRecord', () => {
  it('pass everything else on', () => {
    const record = () => undefined;
    const whole = {
      training: true,
      key: key(7),
      frozen: () => true,
      recompute: true,
      step: 3,
      record,
    };
    expect(withOwnKey(whole, 'text')).toEqual({ ...whole, key: foldIn(key(7), 'text') });
    expect('record' in withoutRecord(whole)).toBe(false);
    expect({ ...withoutRecord(whole), record }).toEqual(whole);
  });
});
