import { memory } from '@tensorflow/tfjs-core';
import { ConfigError, fusionCost } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { coAttention } from '../cross-attention';
import { singleStream } from '../early';
import { dualEncoder } from '../late';
import {
  matchCost,
  matchFlops,
  matchParameters,
  type FusionSize,
  type MatchOptions,
} from './match';

const specs = {
  image: { dim: 12, tokens: 5 },
  text: { dim: 10, tokens: 'varies' },
  textTokens: 6,
} as const;
const late = ({ width }: FusionSize) => dualEncoder({ dim: width });
const early = ({ width, depth }: FusionSize) =>
  singleStream({ dim: width, heads: 2, layers: depth ?? 1, maxTextTokens: 8 });

testOptions(
  'matchParameters',
  (options: MatchOptions) => matchParameters(late, specs, 1002, options),
  { describe, it },
);

describe('matchParameters', () => {
  it('finds the width of a known number of parameters', () => {
    const before = memory().numTensors;
    // 22·width and the two scalars of the logit.
    for (const width of [4, 40, 44, 1000]) {
      const found = matchParameters(late, specs, 22 * width + 2);
      expect(found).toMatchObject({ width, depth: undefined, difference: 0 });
      expect(found.reached).toBe(22 * width + 2);
    }
    expect(memory().numTensors).toBe(before);
  });

  it('takes the nearer of two widths, and says by how much it misses', () => {
    const { width, difference } = matchParameters(late, specs, 22 * 45 + 2);
    expect(width).toBe(44);
    expect(difference).toBeCloseTo(-22 / (22 * 45 + 2), 9);
    expect(matchParameters(late, specs, 22 * 47 + 2).width).toBe(48);
    expect(matchParameters(late, specs, 22 * 47 + 2, { step: 1 }).width).toBe(47);
  });

  it('chooses a depth too, and matches another fusion', () => {
    const other = coAttention({ dim: 16, heads: 2, layers: 1, maxTextTokens: 8 });
    const found = matchParameters(early, specs, other, { step: 2, depths: [1, 2, 3] });
    expect(found.target).toBe(fusionCost(other, specs).parameters);
    expect(Math.abs(found.difference)).toBeLessThan(0.05);
    expect(found.fusion.name).toBe(`single-stream(${found.width}x${found.depth})`);
    expect(fusionCost(found.fusion, specs).parameters).toBe(found.reached);
  });

  it('refuses a target out of range, and says what was nearest', () => {
    expect(() => matchParameters(late, specs, 10)).toThrow(ConfigError);
    expect(() => matchParameters(late, specs, 10)).toThrow(
      /no width gives dual-encoder the parameters.*90 at best \(dual-encoder\(4\), 800.0 %\)/,
    );
    expect(() => matchParameters(late, specs, 1e6, { max: 64 })).toThrow(/dual-encoder\(64\)/);
    expect(() => matchParameters(late, specs, 100, { min: 9, max: 11 })).toThrow(
      /no multiple of "step" lies between/,
    );
    expect(() => matchParameters(late, specs, Number.NaN)).toThrow(/"target"/);
    expect(() => matchParameters(late, specs, 'late' as never)).toThrow(/"target".*got "late"/);
    expect(() => matchCost('flop' as 'flops', late, specs, 1e4)).toThrow(/"by".*"flops"\?/);
    expect(() => matchCost('flops', dualEncoder() as never, specs, 1e4)).toThrow(/"make"/);
    expect(() => matchParameters(late, specs, 1e4, { step: 0 })).toThrow(/"step"/);
    expect(() => matchParameters(late, specs, 1e4, { depths: [2, 2] })).toThrow(/"depths".*twice/);
  });
});

describe('matchFlops', () => {
  it('matches the operations of a pair, matchCost those of scoring', () => {
    const other = coAttention({ dim: 8, heads: 2, layers: 1, maxTextTokens: 8 });
    const pair = matchFlops(early, specs, other, { step: 2 });
    expect(Math.abs(pair.reached / fusionCost(other, specs).flops - 1)).toBeLessThan(0.2);
    const scoring = matchCost('scoringFlops', late, specs, 400);
    expect(Math.abs(scoring.reached - 400)).toBeLessThan(50);
  });
});
