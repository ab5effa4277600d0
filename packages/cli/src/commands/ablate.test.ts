import type { PairDataset } from '@crossweave/data';
import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/parse';
import { ablationPresets } from '../config/presets';
import { ablationSchema } from '../config/schema';
import { partsOf } from './ablate';

const config = parseConfig(ablationSchema, ablationPresets['quickstart'], 'preset');
/** As much of a data set as building the parts reads. */
const data = {
  split: (name: string) => ({ name, records: [] }),
  tokenizer: { vocabularySize: 40 },
  fingerprint: 'sha256:0',
} as unknown as PairDataset;

describe('partsOf', () => {
  it('builds every family from the quickstart preset, with one recipe per arm', () => {
    const parts = partsOf(config, data);
    expect(parts.arms.map(({ name, fusion }) => [name, fusion.family])).toEqual([
      ['early', 'early'],
      ['late', 'late'],
      ['late-tokens', 'late'],
      ['cross-attention', 'cross-attention'],
    ]);
    expect(Object.keys(parts.recipe.arms)).toEqual(parts.arms.map(({ name }) => name));
    expect(parts.towers.image.features).toEqual({ dim: 128, tokens: 16 });
  });

  it('gives another recipe when a figure changes, and the same for other names of the file', () => {
    const renamed = { ...config, data: { ...config.data, captions: 'elsewhere.jsonl' } };
    expect(partsOf(renamed, data).recipe).toEqual(partsOf(config, data).recipe);
    const slower = { ...config, fusion: { ...config.fusion, steps: 1 } };
    expect(partsOf(slower, data).recipe).not.toEqual(partsOf(config, data).recipe);
  });

  it('settles the size of an arm that is matched, and keeps it in the recipe', () => {
    const early = {
      ...config.arms['early']!,
      match: { to: 'cross-attention', by: 'parameters', width: 'dim' },
    } as const;
    const { arms, recipe, notes } = partsOf({ ...config, arms: { ...config.arms, early } }, data);
    const fusion = arms.find(({ name }) => name === 'early')!.fusion;
    const { dim } = recipe.arms['early']!.arm.options;
    expect(fusion.name).toBe(`single-stream(${String(dim)}x2)`);
    expect(dim).not.toBe(config.arms['early']!.options['dim']);
    expect(notes).toEqual([expect.stringContaining(fusion.name)]);
    expect(partsOf(config, data).notes).toEqual([]);
  });

  it('refuses to compare nothing', () => {
    expect(() => partsOf({ ...config, arms: {} }, data)).toThrow(ConfigError);
  });
});
