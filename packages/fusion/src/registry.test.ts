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

  it('names the nearest fusion or option when one is misspelt', () => {
    expect(() => createFusion('dual-encodr')).toThrow(/Did you mean "dual-encoder"/);
    expect(() => createFusion('dual-encoder', { dims: 3 })).toThrow(/Did you mean "dim"/);
    expect(() => createFusion('co-attention', { layer: 3 })).toThrow(/Did you mean "layers"/);
  });
});
