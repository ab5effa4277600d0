import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { letters, testFolder, type TestFolder } from '../pairs/folder.testing';
import { loadPairs } from '../pairs/load';
import { measurePictureStore, PictureStore, prunePictureStore } from './picture-store';

let folder: TestFolder;
let store: string;
beforeEach(async () => {
  folder = await testFolder();
  store = join(folder.path, 'store');
});
afterEach(() => folder.remove());

const picture = (level: number): Uint8Array => new Uint8Array(12).fill(level);

/** The files of the store. */
async function files(): Promise<string[]> {
  const places = await readdir(store);
  const names = await Promise.all(places.map((place) => readdir(join(store, place))));
  return places.flatMap((place, i) => names[i]!.map((name) => join(store, place, name)));
}

testOptions(
  'prunePictureStore',
  (options) => prunePictureStore('nowhere', options),
  {
    describe,
    it,
  },
  { required: { keepBytes: 0 } },
);

describe('PictureStore', () => {
  it('gives what was put, for the same file and options alone', async () => {
    const own = new PictureStore(store, { size: 2 });
    expect(await own.get('a', 12)).toBeUndefined();
    await own.put('a', picture(7));
    await own.put('b', picture(8));
    expect(await own.get('a', 12)).toEqual(Buffer.from(picture(7)));
    expect(await new PictureStore(store, { size: 2 }).get('b', 12)).toEqual(
      Buffer.from(picture(8)),
    );
    expect(await new PictureStore(store, { size: 3 }).get('a', 12)).toBeUndefined();
    expect(await measurePictureStore(store)).toEqual({ pictures: 2, bytes: 40 });
  });

  it('does not give what a crash damaged, at any byte or length', async () => {
    const own = new PictureStore(store, {});
    await own.put('a', picture(7));
    const [path] = (await files()) as [string];
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x10;
      await writeFile(path, damaged);
      expect(await own.get('a', 12)).toBeUndefined();
      await writeFile(path, whole.subarray(0, at));
      expect(await own.get('a', 12)).toBeUndefined();
    }
    await own.put('a', picture(7));
    expect(Uint8Array.from((await own.get('a', 12))!)).toEqual(picture(7));
  });

  it('says that the folder cannot be written', async () => {
    await folder.write('store', 'a file');
    await expect(new PictureStore(store, {}).put('a', picture(1))).rejects.toThrow(DataError);
    expect(await measurePictureStore(store)).toEqual({ pictures: 0, bytes: 0 });
  });

  it('is pruned of what has not been used for longest, and of stale parts', async () => {
    const own = new PictureStore(store, {});
    const old = new Date(Date.now() - 10_000_000);
    await own.put('a', picture(1));
    const [first] = (await files()) as [string];
    await own.put('b', picture(2));
    for (const path of await files()) await utimes(path, old, old);
    await writeFile(`${first}.x.part`, 'x');
    await utimes(`${first}.x.part`, old, old);
    await own.get('a', 12);
    expect(await prunePictureStore(store, { keepBytes: 20 })).toEqual({
      removed: { pictures: 1, bytes: 20 },
      left: { pictures: 1, bytes: 20 },
    });
    expect(await files()).toEqual([first]);
    expect(await own.get('b', 12)).toBeUndefined();
    await prunePictureStore(store, { keepBytes: 0 });
    expect(await measurePictureStore(join(folder.path, 'none'))).toEqual({ pictures: 0, bytes: 0 });
    expect(await files()).toEqual([]);
  });
});

describe('loadPairs with a pictureStore', () => {
  it('decodes each picture once, sees files that change, and gives the same bits', async () => {
    for (let i = 0; i < 4; i++) await folder.picture(`${i}.png`, 50 * i);
    const rows = Array.from({ length: 4 }, (_, i) => ({ image: `${i}.png`, caption: 'ab' }));
    const captions = await folder.captions(rows);
    const load = async (options: object = {}): Promise<number[]> => {
      const data = await loadPairs({ captions, tokenizer: letters, imageSize: 3, ...options });
      const tensor = await data.split('train').images([0, 1, 2, 3]);
      const values = [...(await tensor.data())];
      tensor.dispose();
      return values;
    };
    const plain = await load();
    expect(await load({ pictureStore: store })).toEqual(plain);
    const written = await files();
    expect(written).toHaveLength(4);
    // What is stored is what is shown: another picture in its place shows it.
    const [path] = written as [string];
    const other = new PictureStore(store, {});
    await other.put('x', new Uint8Array(27).fill(99));
    const foreign = (await files()).find((name) => !written.includes(name))!;
    const before = await readFile(path);
    await writeFile(path, await readFile(foreign));
    expect(await load({ pictureStore: store, cacheBytes: 0 })).not.toEqual(plain);
    await writeFile(path, before);
    await folder.picture('2.png', 222);
    const changed = await load({ pictureStore: store });
    expect(changed).toEqual(await load());
    expect(changed).not.toEqual(plain);
    expect(await files()).toHaveLength(6);
  });
});
