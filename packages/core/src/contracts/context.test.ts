import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { foldIn, key } from '../keys';
import { inference, scoped } from './context';

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

  it('asks what is frozen under the prefix, and passes on whether to recompute', () => {
    const frozen = (path: string): boolean => path === 'image.layer1.norm.running_mean';
    const outer = { training: true, key: key(7), frozen, recompute: true };
    const inner = scoped(scoped(outer, 'image.'), 'layer1.');
    expect(['norm.running_mean', 'running_mean'].map((path) => inner.frozen?.(path))).toEqual([
      true,
      false,
    ]);
    expect(inner.recompute).toBe(true);
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
