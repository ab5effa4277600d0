import { describe, expect, it } from 'vitest';
import { infoNCE } from './contrastive/info-nce';
import { createLoss, losses } from './registry';

describe('createLoss', () => {
  it('makes every loss of the table, under its own name', () => {
    for (const name of Object.keys(losses)) expect(createLoss(name).name).toBe(name);
  });

  it("makes a user's own from an extended table", () => {
    const table = { ...losses, mine: () => ({ ...infoNCE(), name: 'mine' }) };
    expect(createLoss('mine', {}, table).name).toBe('mine');
  });

  it('names the nearest loss or option when one is misspelt', () => {
    expect(() => createLoss('info-nec')).toThrow(/Did you mean "info-nce"/);
    expect(() => createLoss('info-nce', { temprature: 0.1 })).toThrow(/"temperature"/);
  });
});
