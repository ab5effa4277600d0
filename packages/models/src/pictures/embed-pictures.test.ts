import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../open/open-model';
import { fixture, pictureFiles } from '../pretrained/fixtures.testing';
import { rowOf } from '../vectors/embeddings';
import { embedPictures } from './embed-pictures';
import { listPictures } from './list-pictures';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  await mkdir(join(folder, 'b'));
  await cp(fixture('pictures/0.jpg'), join(folder, 'b', 'Z.JPG'));
  await cp(fixture('pictures/1.jpg'), join(folder, 'a.jpeg'));
  await writeFile(join(folder, 'notes.txt'), 'no picture');
});
afterEach(() => rm(folder, { recursive: true }));

it('lists pictures below a folder, and nothing else', async () => {
  expect(await listPictures(folder)).toEqual(['a.jpeg', 'b/Z.JPG']);
  expect(await listPictures(`${folder}/`)).toEqual(['a.jpeg', 'b/Z.JPG']);
  await mkdir(join(folder, 'empty'));
  await expect(listPictures(join(folder, 'empty'))).rejects.toThrow(/holds no pictures/);
  await expect(listPictures(join(folder, 'none'))).rejects.toThrow(/cannot be read/);
});

it('lists links as what they point to, and pictures that are not decoded', async () => {
  await symlink(join(folder, 'a.jpeg'), join(folder, 'c.png'));
  await symlink(join(folder, 'b'), join(folder, 'd'));
  await cp(join(folder, 'a.jpeg'), join(folder, 'e.jfif'));
  await writeFile(join(folder, 'f.HEIC'), 'another kind');
  await writeFile(join(folder, '._a.jpeg'), 'what macOS leaves');
  const all = ['a.jpeg', 'b/Z.JPG', 'c.png', 'd/Z.JPG', 'e.jfif', 'f.HEIC'];
  expect(await listPictures(folder)).toEqual(all);
  expect(await listPictures(relative('', folder))).toEqual(all);
  await using model = await openModel(fixture('clip'));
  const { paths, rejects } = await embedPictures(model, all, { folder });
  expect(paths).toEqual(all.slice(0, -1));
  expect(rejects.map(({ path }) => path)).toEqual(['f.HEIC']);
});

it('lists the pictures of the working folder', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect(await listPictures('.')).toEqual(['a.jpeg', 'b/Z.JPG']);
  } finally {
    process.chdir(before);
  }
});

testOptions(
  'embedPictures',
  async (options) => embedPictures(await openModel(fixture('clip')), [], options),
  { describe, it },
  { anyText: ['folder'] },
);

it('embeds what can be read and counts the rest', async () => {
  await writeFile(join(folder, 'broken.png'), 'x');
  await using model = await openModel(fixture('clip'));
  const seen: [number, number][] = [];
  const paths = [...(await listPictures(folder)), 'gone.png'];
  const {
    paths: good,
    embeddings,
    rejects,
  } = await embedPictures(model, paths, {
    folder,
    onProgress: (...progress) => seen.push(progress),
  });
  expect(good).toEqual(['a.jpeg', 'b/Z.JPG']);
  expect(rejects.map(({ path }) => path)).toEqual(['broken.png', 'gone.png']);
  expect(seen).toEqual([[4, 4]]);
  const [first] = await pictureFiles();
  const alone = await model.encodeImage([first!]);
  rowOf(embeddings, 1).forEach((value, i) => expect(value).toBeCloseTo(alone.values[i]!, 6));
  await expect(embedPictures(model, ['broken.png'], { folder })).rejects.toThrow(/broken\.png/);
  const stopped = embedPictures(model, paths, {
    folder,
    signal: AbortSignal.abort(new Error('s')),
  });
  await expect(stopped).rejects.toThrow('s');
});
