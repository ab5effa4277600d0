import { ones, tensor1d, tidy, type Rank } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors';
import { requireComplete, requireTokens } from './fusion-inputs';

const tokens = { dim: 4, tokens: 'varies' } as const;
const summaries = { dim: 4, tokens: 0 };

describe('requireTokens', () => {
  it('lets a fusion of summaries have either, and any fusion tokens', () => {
    expect(() => requireTokens({ name: 'sum', reads: 'pooled' }, summaries, tokens)).not.toThrow();
    expect(() => requireTokens({ name: 'attention' }, tokens, tokens)).not.toThrow();
  });

  it('names the fusion, the side without tokens, and what to do', () => {
    const run = () => requireTokens({ name: 'attention' }, tokens, summaries);
    expect(run).toThrow(ConfigError);
    expect(run).toThrow(
      /attention: .*the text encoder gives none.*Choose a fusion that reads summaries/,
    );
    const said = { name: 'attention', reads: 'tokens' } as const;
    expect(() => requireTokens(said, summaries, tokens)).toThrow(/the image encoder gives none/);
  });
});

describe('requireComplete', () => {
  it('refuses missing rows unless the fusion takes them', () =>
    tidy(() => {
      const whole = { pooled: ones<Rank.R2>([2, 3]) };
      const partial = { ...whole, present: tensor1d([1, 0]) };
      expect(() => requireComplete({ name: 'sum' }, whole, undefined)).not.toThrow();
      expect(() => requireComplete({ name: 'sum' }, whole, partial)).toThrow(
        /sum: .*missing rows.*withMissingModality/,
      );
      expect(() => requireComplete({ name: 's', takesMissing: true }, partial)).not.toThrow();
    }));
});
