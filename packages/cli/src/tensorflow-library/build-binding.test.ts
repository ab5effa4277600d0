import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '@crossweave/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tryBinding } from './build-binding';

describe('tryBinding', () => {
  it('tells why a binding does not load', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crossweave-binding-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const never = new AbortController().signal;
    await expect(tryBinding(folder, never)).rejects.toThrow(
      /loading the binding failed.*Cannot find/s,
    );
    await writeFile(join(folder, 'tfjs_binding.node'), 'no shared object');
    await expect(tryBinding(folder, never)).rejects.toThrow(EngineError);
    await expect(tryBinding(folder, never)).rejects.toThrow(
      /loading the binding failed.*tfjs_binding/s,
    );
  });
});
