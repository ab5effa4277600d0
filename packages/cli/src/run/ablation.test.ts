import type { PairDataset, Tokenizer } from '@crossweave/data';
import { ConfigError, type PairRecord } from '@crossweave/core';
import { createTask } from '@crossweave/lab';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/parse';
import { ablationPresets } from '../config/presets';
import { ablationSchema } from '../config/schema';
import { ablationParts, comparisonOf, notesOf, settleResidual } from './ablation';

const config = parseConfig(ablationSchema, ablationPresets['quickstart'], 'preset');
const tokenizer: Tokenizer = {
  name: 'words',
  fingerprint: 'sha256:1',
  vocabularySize: 40,
  padId: 0,
  unknownId: 1,
  endId: 3,
  prefix: [2],
  suffix: [3],
  encode: (text) => Array.from(text, () => 5),
};
/** As much of a dataset as a comparison reads before it begins. */
const data = {
  split: (name: string) => ({ name, records: Array.from({ length: 64 }, (_, i) => ({ id: i })) }),
  tokenizer,
  fingerprint: 'sha256:0',
} as unknown as PairDataset;
const recipeOf = (given: typeof config) =>
  comparisonOf(given, ablationParts(given, tokenizer), data).recipe;

describe('an ablation', () => {
  it('has a fusion of every family in the quickstart preset, with one recipe per arm', () => {
    const parts = ablationParts(config, tokenizer);
    const { arms, recipe, towers } = comparisonOf(config, parts, data);
    expect(arms.map(({ name, fusion }) => [name, fusion.family])).toEqual([
      ['early', 'early'],
      ['late', 'late'],
      ['late-tokens', 'late'],
      ['cross-attention', 'cross-attention'],
    ]);
    expect(Object.keys(recipe!.arms)).toEqual(arms.map(({ name }) => name));
    expect(towers.image.features).toEqual({ dim: 128, tokens: 16 });
  });

  it('has another recipe when a figure changes, and the same for other names of the file', () => {
    const renamed = { ...config, data: { ...config.data, captions: 'elsewhere.jsonl' } };
    expect(recipeOf(renamed)).toEqual(recipeOf(config));
    const slower = { ...config, fusion: { ...config.fusion, steps: 1 } };
    expect(recipeOf(slower)).not.toEqual(recipeOf(config));
  });

  it('works out the size of an arm that is matched, and keeps it in the recipe', () => {
    const early = {
      ...config.arms['early']!,
      match: { to: 'cross-attention', by: 'parameters', width: 'dim' },
    } as const;
    const parts = ablationParts({ ...config, arms: { ...config.arms, early } }, tokenizer);
    const { fusion, part } = parts.arms.get('early')!;
    expect(fusion.name).toBe(`single-stream(${String(part.options['dim'])}x2)`);
    expect(part.options['dim']).not.toBe(config.arms['early']!.options['dim']);
    expect(notesOf(parts)).toEqual([expect.stringContaining(fusion.name)]);
    expect(notesOf(ablationParts(config, tokenizer))).toEqual([]);
  });

  it('makes every arm a correction of the towers’ score where it is asked to', () => {
    const of = (residual: boolean) => {
      const given = { ...config, fusion: { ...config.fusion, residual } };
      return comparisonOf(given, ablationParts(given, tokenizer), data).arms;
    };
    for (const { fusion, towersAt } of of(true)) {
      expect(fusion.name).toMatch(/ \+ towers$/);
      expect(towersAt).toBe('towers.');
    }
    for (const { fusion, towersAt } of of(false)) {
      expect(fusion.name).not.toContain('towers');
      expect(towersAt).toBeUndefined();
    }
    const task = createTask('classification').fit(['a', 'b']);
    const asked = { ...config, fusion: { ...config.fusion, residual: true } };
    expect(() => ablationParts(asked, tokenizer, task)).toThrow(/fusion\.residual/);
  });

  it('corrects the towers by itself where there are no false captions and no task', () => {
    const bare = { id: '1', captions: ['a red star'] };
    const swapped = { ...bare, negatives: [[{ caption: 'a blue star', kind: 'swap' }]] };
    const settled = (record: PairRecord, given = config) =>
      settleResidual(given, [record]).fusion.residual;
    expect(config.fusion.residual).toBe('auto');
    expect(settled(bare)).toBe(true);
    expect(settled(swapped)).toBe(false);
    const tasked = { ...config, task: { name: 'classification', options: {}, weight: 1 } };
    expect(settled(bare, tasked)).toBe(false);
    const never = { ...config, fusion: { ...config.fusion, residual: false } };
    expect(settled(bare, never)).toBe(false);
  });

  it('refuses to compare nothing', () => {
    expect(() => ablationParts({ ...config, arms: {} }, tokenizer)).toThrow(ConfigError);
  });
});
