import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { makeScenes } from '@crossweave/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../cli.testing';

const clip = fileURLToPath(new URL('../../../models/fixtures/clip', import.meta.url));
const model = ['--model', clip, '--engine', 'cpu'];

let folder = '';
let pictures = '';
let validation = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  pictures = join(folder, 'pictures');
  validation = join(folder, 'scenes', 'images');
  await makeScenes({ out: join(folder, 'scenes'), count: 20, seed: 0 });
  await mkdir(pictures);
  const [first, second, third] = (await readdir(validation)).sort();
  for (const [from, to] of [
    [first, 'a.png'],
    [second, 'b.png'],
    [first, 'copy.png'],
    [third, 'c.png'],
  ]) {
    await cp(join(validation, from!), join(pictures, to!));
  }
});
afterAll(() => rm(folder, { recursive: true }));

interface Document {
  readonly threshold: number;
  readonly repeated: number;
  readonly groups: readonly { readonly paths: readonly string[] }[];
  readonly calibration?: { readonly pictures: number };
}

async function json(...args: string[]): Promise<Document> {
  const before = memory().numTensors;
  const { code, stdout, stderr } = await run('dedupe', ...model, ...args, '--json');
  expect(code, stderr).toBe(0);
  expect(memory().numTensors).toBe(before);
  return JSON.parse(stdout) as Document;
}

it('finds the copy, at a threshold that is given', async () => {
  const { groups, repeated } = await json('--images', pictures, '--threshold', '0.999999');
  expect(groups.map(({ paths }) => paths)).toEqual([['a.png', 'copy.png']]);
  expect(repeated).toBe(1);
});

it('chooses the threshold by pictures that are different', async () => {
  const chosen = await json('--images', pictures, '--calibrate', validation);
  expect(chosen.calibration).toMatchObject({ pictures: 20, mistaken: 0 });
  expect(chosen.groups.map(({ paths }) => paths)).toEqual([['a.png', 'copy.png']]);
  const { stderr, stdout } = await run(
    ...['dedupe', ...model, '--images', pictures, '--calibrate', validation],
  );
  expect(stderr).toMatch(/Threshold 0\.9\d+ by 20 pictures: 0\.0 % are taken for another one/);
  expect(stdout).toMatch(/1 of 4 pictures are nearly the same as an earlier one/);
});

it.each([
  [[], /either --threshold T or --calibrate DIR/],
  [['--threshold', '1', '--calibrate', '.'], /either --threshold T or --calibrate DIR/],
  [['--threshold', '1.5'], /--threshold must be a number.*at most 1; got 1\.5/],
  [['--threshold', ''], /--threshold must be a number/],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await run('dedupe', ...model, '--images', pictures, ...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});
