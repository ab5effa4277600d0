import { key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { dualEncoder } from './late/dual-encoder';
import { createFusion, fusions } from './registry';

describe('createFusion', () => {
  it('makes one fusion of each family by name, with the options given', () => {
    const made = Object.keys(fusions).map((name) => createFusion(name, { dim: 16 }));
    expect(made.map(({ name }) => name)).toEqual([
      'dual-encoder(16)',
      'single-stream(16x2)',
      'co-attention(16x2)',
    ]);
    expect(made.map(({ family }) => family)).toEqual(['late', 'early', 'cross-attention']);
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
