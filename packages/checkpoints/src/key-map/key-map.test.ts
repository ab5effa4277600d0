import { describe, expect, it } from 'vitest';
import { ConfigError } from '@crossweave/core';
import { keyMap } from './key-map';

const map = keyMap('theirs', {
  rules: {
    'blocks.*.qkv.*': ['q', 'k', 'v'].map((name) => `layer.*.${name}.*`),
    'stage*.norm*.*': 'stages.*.bn.*.*',
    proj: { transposed: 'projection.weight' },
    'rest.**': 'other.**',
  },
  drops: ['head.', 'logit_scale'],
  prefixes: ['model.'],
});

describe('maps paths', () => {
  it('one to one, in both directions', () => {
    expect(map.toOurs('stage2.norm1.weight')).toEqual([{ path: 'stages.2.bn.1.weight' }]);
    expect(map.toTheirs('stages.2.bn.1.weight')).toEqual({ path: 'stage2.norm1.weight' });
    expect(map.toOurs('rest.a.b.c')).toEqual([{ path: 'other.a.b.c' }]);
    expect(map.toTheirs('other.a.b.c')).toEqual({ path: 'rest.a.b.c' });
  });

  it('one to several parts', () => {
    expect(map.toOurs('blocks.11.qkv.bias')).toEqual([
      { path: 'layer.11.q.bias', part: { index: 0, of: 3 } },
      { path: 'layer.11.k.bias', part: { index: 1, of: 3 } },
      { path: 'layer.11.v.bias', part: { index: 2, of: 3 } },
    ]);
    expect(map.toTheirs('layer.11.k.bias')).toEqual({
      path: 'blocks.11.qkv.bias',
      part: { index: 1, of: 3 },
    });
  });

  it('to a transposed matrix', () => {
    expect(map.toOurs('proj')).toEqual([{ path: 'projection.weight', transposed: true }]);
    expect(map.toTheirs('projection.weight')).toEqual({ path: 'proj', transposed: true });
  });

  it('with a prefix before all of them', () => {
    expect(map.toOurs('model.rest.a')).toEqual([{ path: 'other.a' }]);
    expect(map.toOurs('model.head.weight')).toEqual([]);
  });
});

it('tells what it drops from what it does not know', () => {
  expect(map.toOurs('head.weight')).toEqual([]);
  expect(map.toOurs('logit_scale')).toEqual([]);
  // A star stays within its segment, and nothing is matched in part.
  for (const path of ['blocks.0.1.qkv.weight', 'blocks.0.qkv', 'xproj', 'projx', 'rest.']) {
    expect(map.toOurs(path), path).toBeUndefined();
  }
  expect(map.toTheirs('layer.0.o.weight')).toBeUndefined();
});

it('refuses a rule whose sides have other stars', () => {
  expect(() => keyMap('m', { rules: { 'a.*.*': 'b.*' } })).toThrow(ConfigError);
  expect(() => keyMap('m', { rules: { 'a.*': 'b.**' } })).toThrow(/m: .*stars.*a\.\*.*b\.\*\*/);
});
