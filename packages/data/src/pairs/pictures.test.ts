import { key } from '@crossweave/core';
import { dispose } from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pictureThreads } from '../loading/picture-threads';
import { readSourcesInThreads } from '../loading/threads.testing';
import { pairBatches } from './batches';
import { loadPairs } from './load';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { Pictures, type Sample } from './pictures';

readSourcesInThreads();
afterAll(() => pictureThreads.end());
let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

const sampleOf = (name: string): Sample => ({
  id: name,
  image: name,
  captions: ['x'],
  line: 1,
  split: 'train',
  path: `${folder.path}/${name}`,
  where: 'captions.jsonl:1',
});

describe('Pictures', () => {
  const grey = new Uint8Array(12).fill(9);

  it('uses the options of decoding and passes over the others', async () => {
    await folder.picture('a.png', 200);
    const options = { size: 2, captions: 'x', policy: 'skip', cacheBytes: 0 };
    const pictures = new Pictures(options, { cacheBytes: 0 });
    expect([...(await pictures.get(sampleOf('a.png')))]).toEqual(new Array(12).fill(200));
  });

  it('counts a placeholder once for each sample, and keeps it', async () => {
    await folder.write('bad.png', 'no picture');
    const used: string[] = [];
    const onUse = ({ image }: Sample): unknown => used.push(image);
    const pictures = new Pictures(
      { size: 2 },
      { cacheBytes: 100, placeholder: { picture: grey, onUse } },
    );
    const bad = sampleOf('bad.png');
    const uses = await Promise.all([pictures.get(bad), pictures.get(bad)]);
    await folder.picture('bad.png', 200);
    expect([...uses, await pictures.get(bad)]).toEqual([grey, grey, grey]);
    expect(used).toEqual(['bad.png']);
    await pictures.get(sampleOf('missing.png'));
    expect(used).toEqual(['bad.png', 'missing.png']);
  });

  it('checks anew each time', async () => {
    await folder.write('a.png', 'no picture');
    const pictures = new Pictures({ size: 2 }, { cacheBytes: 100 });
    expect((await pictures.check(sampleOf('a.png'))).error?.code).toBe('data');
    await folder.picture('a.png', 200);
    expect(await pictures.check(sampleOf('a.png'))).not.toHaveProperty('error');
  });

  it('ends checks by the signal, and no later reading', async () => {
    await folder.picture('a.png', 200);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const pictures = new Pictures({ size: 2, signal: stop.signal }, { cacheBytes: 0 });
    await pictures.check(sampleOf('a.png'));
    const running = pictures.check(sampleOf('a.png'));
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(pictures.check(sampleOf('a.png'))).rejects.toBe(reason);
    expect(await pictures.get(sampleOf('a.png'))).toHaveLength(12);
  });
});

it('gives the batches of one thread in several: decoded, kept, changed, or the placeholder', async () => {
  const rows = Array.from({ length: 6 }, (_, i) => ({ image: `${i}.png`, caption: 'abc' }));
  for (const [i, { image }] of rows.entries()) await folder.picture(image, 30 * i + 7);
  await folder.write('2.png', 'no picture');
  const captions = await folder.captions(rows);
  const common = { captions, tokenizer: letters, imageSize: 4, policy: 'placeholder' } as const;
  const values = async (workers: number, cacheBytes: number): Promise<number[][]> => {
    const data = await loadPairs({ ...common, workers, cacheBytes });
    const split = data.split('train');
    const images = [await split.images([5, 2, 0, 2]), await split.images([0, 2, 5])];
    const changed = { batchSize: 6, key: key(0), augment: { flip: 1, grayscale: 0.5 } };
    for await (const batch of pairBatches(split, changed).batches(0)) {
      images.push(batch.image);
      dispose([batch.text.input_ids, batch.text.attention_mask]);
    }
    const read = images.map((image) => [...image.dataSync()]);
    dispose(images);
    return read;
  };
  const expected = await values(0, 0);
  expect(expected.map((values) => values.length)).toEqual([4 * 48, 3 * 48, 6 * 48]);
  // Three pictures are kept, the others decoded again.
  for (const cacheBytes of [0, 3 * 48]) expect(await values(2, cacheBytes)).toEqual(expected);
});

it('loadPairs stops reading pictures on a signal', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ image: `${i}.png`, caption: 'abc' }));
  for (const { image } of rows) await folder.picture(image, 100);
  const captions = await folder.captions(rows);
  const stop = new AbortController();
  const reason = new Error('stopped');
  const seen: number[] = [];
  const loading = loadPairs({
    captions,
    tokenizer: letters,
    imageSize: 4,
    concurrency: 2,
    signal: stop.signal,
    onProgress: (done) => {
      seen.push(done);
      if (done === 10) stop.abort(reason);
    },
  });
  await expect(loading).rejects.toBe(reason);
  expect(seen.length).toBeLessThanOrEqual(11);
});
