import { key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { crossAttentionFusions } from './cross-attention';
import { earlyFusions } from './early';
import { lateFusions } from './late';
import { dualEncoder } from './late/dual-encoder';
import { createFusion, fusions } from './registry';

const families = {
  late: lateFusions,
  early: earlyFusions,
  'cross-attention': crossAttentionFusions,
};

describe('createFusion', () => {
  it.each(
    Object.entries(families).flatMap(([family, table]) =>
      Object.keys(table).map((name) => ({ name, family })),
    ),
  )('makes $name of the family $family', ({ name, family }) => {
    const fusion = createFusion(name);
    expect(fusion.name.split('(')[0]).toBe(name);
    expect(fusion.family).toBe(family);
  });

  it("makes a user's own from an extended table", () => {
    const table = { ...fusions, mine: () => ({ ...dualEncoder(), name: 'mine' }) };
    expect(createFusion('mine', {}, table).name).toBe('mine');
  });

  it('refuses encoders without tokens where a fusion reads them, by name', () => {
    const [summaries, tokens] = [
      { dim: 4, tokens: 0 },
      { dim: 4, tokens: 3 },
    ];
    for (const [name, options] of [
      ['co-attention', {}],
      ['single-stream', {}],
      ['dual-encoder', { pooling: 'attention' }],
    ] as const) {
      const fusion = createFusion(name, { dim: 8, ...options });
      expect(() => fusion.init(key(1), tokens, summaries)).toThrow(/reads tokens.*text encoder/);
    }
    const pooled = createFusion('dual-encoder', { dim: 8 });
    expect(Object.keys(pooled.init(key(1), summaries, summaries))).toContain(
      'text_projection.weight',
    );
  });

  it('names the nearest fusion or option when one is misspelt', () => {
    expect(() => createFusion('dual-encodr')).toThrow(/Did you mean "dual-encoder"/);
    expect(() => createFusion('dual-encoder', { dims: 3 })).toThrow(/Did you mean "dim"/);
    expect(() => createFusion('co-attention', { layer: 3 })).toThrow(/Did you mean "layers"/);
  });
});
