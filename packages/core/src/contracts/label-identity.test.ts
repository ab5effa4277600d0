import { describe, expect, it } from 'vitest';
import { labelIdentity } from './label-identity';

describe('labelIdentity', () => {
  it('tells labels apart by kind and value, not by the order of classes', () => {
    const different = ['1', 1, ['1'], ['1', '2'], '', []];
    expect(new Set(different.map(labelIdentity)).size).toBe(different.length);
    expect(labelIdentity(['b', 'a', 'b'])).toBe(labelIdentity(['a', 'b']));
  });

  it('has none where there is no label', () => {
    expect(labelIdentity(undefined)).toBeNull();
    expect(labelIdentity(null)).toBeNull();
  });
});
