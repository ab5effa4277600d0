import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagenetNormalisation, normaliseImages } from '../image/normalise';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { loadPicture, type LoadedPicture, type PictureJob } from './picture-job';
import { PictureThreads, threadsFor } from './picture-threads';
import { readSourcesInThreads } from './threads.testing';

readSourcesInThreads();
let folder: TestFolder;
const threads = new PictureThreads();
const settings = { options: { size: 32 } };

beforeAll(async () => {
  folder = await testFolder();
});
afterAll(async () => {
  await threads.end();
  await folder.remove();
});

async function jobs(count: number): Promise<PictureJob[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i): Promise<PictureJob> => {
      const name = join(folder.path, `${i}.jpg`);
      const noise = { type: 'gaussian' as const, mean: 20 * i, sigma: 40 };
      const create = {
        width: 50 + i,
        height: 70 - i,
        channels: 3 as const,
        background: '#000',
        noise,
      };
      const file = await sharp({ create })
        .jpeg({ progressive: i % 2 === 0 })
        .toFile(name);
      expect(file.size).toBeGreaterThan(0);
      const change = i % 3 === 0 ? { flip: true } : undefined;
      return { file: i % 2 === 0 ? name : await readFile(name), where: `row ${i}`, name, change };
    }),
  );
}

describe('PictureThreads', () => {
  it('gives what this thread gives, with the same digests', async () => {
    const all = await jobs(9);
    const here = await Promise.all(
      all.map((job) => loadPicture({ ...job, digest: true }, settings)),
    );
    const there = await Promise.all(
      all.map((job) => threads.run({ ...job, digest: true }, settings, 2)),
    );
    expect(there).toEqual(here);
    expect(threads.size).toBe(2);
    const decoded = (here[0] as LoadedPicture).decoded;
    const change = { grayscale: true };
    const again = { ...all[0]!, decoded, change };
    expect(await threads.run(again, settings, 2)).toEqual(await loadPicture(again, settings));
  });

  it('writes pictures as numbers into the memory of a batch, and sends them not back', async () => {
    const all = await jobs(20);
    const length = 32 * 32 * 3;
    const memory = new SharedArrayBuffer(all.length * length * 4);
    const normalise = imagenetNormalisation;
    const sent = await Promise.all(
      all.map((job, i) => {
        const into = { memory, at: i * length, normalise };
        return threads.run({ ...job, into, keep: i === 0 }, settings, 2);
      }),
    );
    const here = (await Promise.all(
      all.map((job) => loadPicture(job, settings)),
    )) as LoadedPicture[];
    expect(sent).toEqual(all.map((_, i) => (i === 0 ? { decoded: here[0]!.decoded } : {})));
    const expected = normaliseImages(
      here.map(({ picture }) => picture!),
      32,
      normalise,
    );
    expect(new Float32Array(memory)).toEqual(await expected.data());
    expected.dispose();
  });

  it('gives errors as this thread throws them', async () => {
    const missing: PictureJob = {
      file: join(folder.path, 'no.jpg'),
      where: 'a.csv:2',
      name: 'no.jpg',
    };
    const error = await threads.run(missing, settings, 2).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    const own = await loadPicture(missing, settings).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toBe((own as Error).message);
    const damaged = { ...missing, file: Buffer.from('no picture'), digest: true };
    const failed = await threads.run(damaged, settings, 2);
    expect(failed).toMatchObject({ digest: expect.stringMatching(/^[\da-f]{64}$/) as string });
    expect('error' in failed && failed.error).toBeInstanceOf(DataError);
  });

  it('ends for the reason of a signal, and goes on afterwards', async () => {
    const [job] = await jobs(1);
    const reason = new Error('stopped');
    const stop = new AbortController();
    const running = threads.run(job!, settings, 2, stop.signal);
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(await threads.run(job!, settings, 2)).toEqual(await loadPicture(job!, settings));
  });

  it('fails the jobs of threads that are ended, and starts new ones', async () => {
    const [job] = await jobs(1);
    const running = threads.run(job!, settings, 1);
    const failed = expect(running).rejects.toThrow(/workers: 0/);
    await threads.end();
    await failed;
    expect(threads.size).toBe(0);
    expect(await threads.run(job!, settings, 1)).toEqual(await loadPicture(job!, settings));
    await rm(join(folder.path, '0.jpg'));
  });
});

describe('threadsFor', () => {
  it('takes what is said, and none for few pictures', () => {
    expect(threadsFor(10_000, 0)).toBe(0);
    expect(threadsFor(1, 3)).toBe(3);
    expect(threadsFor(100, undefined)).toBe(0);
    expect(threadsFor(10_000, undefined)).toBeGreaterThanOrEqual(2);
  });
});
