import { describe, expect, it } from 'vitest';
import { ConfigError } from '@crossweave/core';
import { importTransformers, type TransformersImports } from './library';

/** A package that nobody has, imported as a library would be. */
const nowhere: string = '@crossweave/absent';
const absent = (): Promise<unknown> => import(nowhere);
const there = { env: {} };
const has = (xenova: boolean, huggingface: boolean): TransformersImports => ({
  '@xenova/transformers': xenova ? () => Promise.resolve(there) : absent,
  '@huggingface/transformers': huggingface ? () => Promise.resolve(there) : absent,
});

describe('importTransformers', () => {
  it('takes the maintained one where it is installed, or the one that is asked for', async () => {
    const first = await importTransformers('test', has(true, true));
    expect(first).toEqual({ name: '@huggingface/transformers', module: there });
    expect((await importTransformers('test', has(true, false))).name).toBe('@xenova/transformers');
    const asked = importTransformers('test', has(true, true), '@xenova/transformers');
    expect((await asked).name).toBe('@xenova/transformers');
  });

  it('says what to install when none is there, or not the one that is asked for', async () => {
    const none = importTransformers('test', has(false, false));
    await expect(none).rejects.toThrow(ConfigError);
    await expect(none).rejects.toThrow(
      /test: .* or .*xenova.*npm install .* @huggingface\/transformers/,
    );
    const other = importTransformers('test', has(false, true), '@xenova/transformers');
    await expect(other).rejects.toThrow(/expected @xenova\/transformers; .*Cannot find/);
  });

  it('passes on why one that is there cannot be imported', async () => {
    const broken: TransformersImports = {
      ...has(false, false),
      '@huggingface/transformers': () => Promise.reject(new Error('no binary of sharp')),
    };
    await expect(importTransformers('test', broken)).rejects.toThrow(/got no binary of sharp/);
  });
});
