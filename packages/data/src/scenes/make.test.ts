import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenes, sceneRecords, type SceneRecord } from './make';

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
    expect(records).toEqual(sceneRecords(40, 0));
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

  it('refuses a size out of range', async () => {
    const out = join(root, 'e');
    await expect(makeScenes({ count: 20, seed: 0, out, size: 0 })).rejects.toThrow(/16 … 1024.*0/);
    await expect(makeScenes({ count: 3, seed: 0, out })).rejects.toThrow(/>= 20.*3/);
  });
});
