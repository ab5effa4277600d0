import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenes } from './make';
import { sceneDeal, sceneRecord, type SceneRecord } from './records';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'scenes-'));
});
afterAll(() => rm(root, { recursive: true }));

async function contents(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names
    .filter((name) => name.isFile())
    .map((name) => join(name.parentPath, name.name));
  const entries = files.sort().map(async (file) => {
    return [file.slice(folder.length), await readFile(file, 'base64')] as const;
  });
  return new Map(await Promise.all(entries));
}

describe('makeScenes', () => {
  it('writes pictures, captions and a description that agree', async () => {
    const out = join(root, 'a');
    const progress: number[] = [];
    const summary = await makeScenes({
      count: 40,
      seed: 0,
      out,
      onProgress: (n) => progress.push(n),
    });
    expect(summary.counts).toEqual({ train: 32, val: 4, test: 4 });
    expect(progress).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(JSON.parse(await readFile(join(out, 'dataset.json'), 'utf8'))).toEqual(summary);

    const lines = (await readFile(join(out, 'captions.jsonl'), 'utf8')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as SceneRecord);
    expect(records).toEqual(sceneDeal(40, 0).scenes.map((dealt, i) => sceneRecord(dealt, i, 0)));
    for (const { image, captions, negatives } of records) {
      const { format, width, height, channels } = await sharp(join(out, image)).metadata();
      expect([format, width, height, channels]).toEqual([
        image.endsWith('.png') ? 'png' : 'jpeg',
        64,
        64,
        3,
      ]);
      expect(captions).toHaveLength(5);
      expect(negatives.map((some) => some.length)).toEqual([3, 3, 3, 3, 3]);
    }
    expect(new Set(records.map(({ image }) => image.slice(-3)))).toEqual(new Set(['jpg', 'png']));
  });

  it('writes the same bytes for the same seed, others for another, and no temporary files', async () => {
    const make = async (folder: string, seed: number): Promise<Map<string, string>> => {
      const out = join(root, folder);
      await makeScenes({ count: 24, seed, out, size: 32 });
      return contents(out);
    };
    const once = await make('b', 3);
    expect(once.size).toBe(24 + 3);
    expect([...once.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await make('c', 3)).toEqual(once);
    expect((await make('d', 4)).get('/captions.jsonl')).not.toBe(once.get('/captions.jsonl'));
  });

  it('stops on a signal, unfinished, and completes to the same bytes', async () => {
    const whole = join(root, 'whole');
    await makeScenes({ count: 60, seed: 5, out: whole, size: 16 });
    const expected = await contents(whole);
    const out = join(root, 'stopped');
    const options = { count: 60, seed: 5, out, size: 16 };
    const reason = new Error('stopped');
    for (const at of [1, 30, 60]) {
      // The second and third time a complete dataset stands there.
      const stop = new AbortController();
      let drawn = 0;
      const onProgress = (done: number): void => {
        drawn = done;
        if (done === at) stop.abort(reason);
      };
      const making = makeScenes({ ...options, signal: stop.signal, onProgress });
      await expect(making).rejects.toBe(reason);
      expect(drawn).toBeLessThan(at + 16);
      expect(await readdir(out)).not.toContain('captions.jsonl');
      await makeScenes(options);
      expect(await contents(out)).toEqual(expected);
    }
  });

  it('touches nothing when the signal is aborted before it begins', async () => {
    const out = join(root, 'never');
    const reason = new Error('stopped');
    const making = makeScenes({ count: 20, seed: 0, out, signal: AbortSignal.abort(reason) });
    await expect(making).rejects.toBe(reason);
    await expect(readdir(out)).rejects.toThrow(/ENOENT/);
  });

  it('refuses values out of range', async () => {
    const out = join(root, 'e');
    await expect(makeScenes({ count: 20, seed: 0, out, size: 0 })).rejects.toThrow(/"size".*16/);
    await expect(makeScenes({ count: 3, seed: 0, out })).rejects.toThrow(
      /"count".*\[20, 999999\].*3/,
    );
    await expect(makeScenes({ count: 20, seed: -1, out })).rejects.toThrow(/"seed"/);
    await expect(readdir(out)).rejects.toThrow(/ENOENT/);
  });

  it('leaves captions of something else alone', async () => {
    const out = join(root, 'own');
    await mkdir(out);
    await writeFile(join(out, 'captions.jsonl'), '{}');
    for (const summary of [undefined, 'null', '{"kind":"photos"}', 'no JSON']) {
      if (summary !== undefined) await writeFile(join(out, 'dataset.json'), summary);
      const making = makeScenes({ count: 20, seed: 0, out });
      await expect(making).rejects.toThrow(/something else|not JSON/);
    }
    expect(await readFile(join(out, 'captions.jsonl'), 'utf8')).toBe('{}');
    expect(await readdir(out)).toHaveLength(2);
  });

  it('writes over nothing of somebody else’s', async () => {
    const out = join(root, 'readme');
    await mkdir(out);
    await writeFile(join(out, 'README.md'), 'mine');
    const made = makeScenes({ count: 20, seed: 0, out });
    await expect(made).rejects.toThrow(/readme: the folder is not empty; .* got README\.md/);
    expect(await readdir(out)).toEqual(['README.md']);
  });

  it('says which folder cannot be written', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, 'kept');
    const making = makeScenes({ count: 20, seed: 0, out: file });
    await expect(making).rejects.toBeInstanceOf(DataError);
    await expect(making).rejects.toThrow(/a-file.*is a file, not a folder/);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });
});

testOptions(
  'makeScenes',
  makeScenes,
  { describe, it },
  {
    required: { count: 20, seed: 0, out: join(tmpdir(), 'scenes-never-made') },
    anyText: ['out'],
  },
);
