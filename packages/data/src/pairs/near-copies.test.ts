import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeReport } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { loadPairs } from './load';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

/** A picture of 4 × 4 patches, drawn from a seed. */
function patches(seed: number): Sharp {
  let state = seed;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) % 256;
  const raw = Buffer.from(Array.from({ length: 48 }, next));
  const small = sharp(raw, { raw: { width: 4, height: 4, channels: 3 } });
  return small.resize(64, 64, { kernel: 'nearest' });
}

const load = (rows: readonly object[], extra: object = {}) =>
  folder
    .captions(rows)
    .then((captions) => loadPairs({ tokenizer: letters, imageSize: 32, captions, ...extra }));

describe('pictures that look the same in two splits', () => {
  it('are told: saved anew as JPEG, smaller, or a little lighter, and no others', async () => {
    const original = await patches(1).png().toBuffer();
    await folder.write('a.png', original);
    await sharp(original).jpeg({ quality: 70 }).toFile(join(folder.path, 'b.jpg'));
    await sharp(original).resize(40, 40).png().toFile(join(folder.path, 'c.png'));
    await sharp(original).linear(1, 1).png().toFile(join(folder.path, 'd.png'));
    for (let i = 0; i < 8; i++) {
      await patches(100 + i)
        .png()
        .toFile(join(folder.path, `${i}.png`));
    }
    const data = await load([
      { image: 'a.png', caption: 'a', split: 'train' },
      ...[0, 1, 2, 3].map((i) => ({ image: `${i}.png`, caption: 'b', split: 'train' })),
      ...['b.jpg', 'c.png', 'd.png'].map((image) => ({ image, caption: 'c', split: 'test' })),
      ...[4, 5, 6, 7].map((i) => ({ image: `${i}.png`, caption: 'd', split: 'test' })),
    ]);
    expect(data.report.sharedPictures).toEqual([
      {
        splits: ['train', 'test'],
        by: 'look',
        pictures: 3,
        example: [expect.stringContaining('(a.png)'), expect.stringContaining('(b.jpg)')],
      },
    ]);
    expect(describeReport(data.report)).toContain(
      '"train" and "test" share 3 pictures that look the same',
    );
  });

  it('are left to the report of equal bytes where they have those', async () => {
    const original = await patches(1).png().toBuffer();
    await folder.write('a.png', original);
    await folder.write('b.png', original);
    const rows = [
      { image: 'a.png', caption: 'a', split: 'train' },
      { image: 'b.png', caption: 'b', split: 'test' },
    ];
    await expect(load(rows)).rejects.toThrow(/"train" and in "test" too, under other names/);
    const data = await load(rows, { sharedPictures: 'allow' });
    expect(data.report.sharedPictures.map(({ by }) => by)).toEqual(['content']);
  });
});

describe('other things that two splits must not share', () => {
  beforeEach(async () => {
    for (const i of [0, 1])
      await patches(i)
        .png()
        .toFile(join(folder.path, `${i}.png`));
  });
  const rows = (more: readonly object[]) =>
    more.map((row, i) => ({
      ...{ image: `${i}.png`, caption: i === 0 ? 'a' : 'b', split: i === 0 ? 'train' : 'test' },
      ...row,
    }));

  it('an id is told', async () => {
    const data = await load(rows([{ id: 'one' }, { id: 'one' }]));
    expect(describeReport(data.report)).toMatch(
      /share 1 picture of the same ids.*if an id names what is shown/,
    );
    const apart = await load(rows([{ id: 'one' }, { id: 'two' }]));
    expect(apart.report.sharedPictures).toEqual([]);
  });

  it('a group is refused where its column is named, and told otherwise', async () => {
    const grouped = rows([{ group: 'shoe' }, { group: 'shoe' }]);
    await expect(load(grouped, { columns: { group: 'group' } })).rejects.toThrow(
      /1 picture is of groups that the splits "train" and "test" share/,
    );
    expect(describeReport((await load(grouped)).report)).toContain('of the same groups');
  });

  it('a caption is told', async () => {
    const data = await load(rows([{ caption: 'c' }, { caption: 'c' }]));
    expect(describeReport(data.report)).toContain('1 text in another split too');
  });
});
