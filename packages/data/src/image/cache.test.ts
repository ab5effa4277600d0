import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { PictureCache } from './cache';

describe('PictureCache', () => {
  it('stores until the limit and evicts nothing', () => {
    const cache = new PictureCache(10);
    const first = new Uint8Array(6);
    cache.add('a', first);
    cache.add('b', new Uint8Array(6));
    const last = new Uint8Array(4);
    cache.add('c', last);
    expect(cache.get('a')).toBe(first);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('c')).toBe(last);
    expect(cache.bytes).toBe(10);
  });

  it('counts a picture once', () => {
    const cache = new PictureCache(10);
    cache.add('a', new Uint8Array(5));
    cache.add('a', new Uint8Array(5));
    expect(cache.bytes).toBe(5);
  });

  it('stores nothing under a limit of 0', () => {
    const cache = new PictureCache(0);
    cache.add('a', new Uint8Array(1));
    expect(cache.get('a')).toBeUndefined();
  });

  it.each([-1, 0.5, Number.NaN, Infinity, '1', null])('refuses the limit %s', (limit) => {
    expect(() => new PictureCache(limit as number)).toThrow(ConfigError);
  });
});
