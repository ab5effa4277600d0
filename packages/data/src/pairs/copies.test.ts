import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeReport } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { loadPairs } from './load';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

it('a picture that one split has under two names is told: each is taken for wrong for the other', async () => {
  for (let i = 0; i < 4; i++) await folder.picture(`${i}.png`, 60 * i);
  await copyFile(join(folder.path, '0.png'), join(folder.path, 'again.png'));
  const captions = await folder.captions([
    { image: '0.png', caption: 'a', split: 'train' },
    { image: '1.png', caption: 'b', split: 'train' },
    { image: 'again.png', caption: 'c', split: 'train' },
    { image: '2.png', caption: 'd', split: 'test' },
    { image: './2.png', caption: 'e', split: 'test' },
  ]);
  const { report } = await loadPairs({ captions, tokenizer: letters, imageSize: 4 });
  expect(report.splits['train']?.copies).toEqual({
    pictures: 1,
    example: ['captions.jsonl:1 (0.png)', 'captions.jsonl:3 (again.png)'],
  });
  expect(report.splits['test']).not.toHaveProperty('copies');
  expect(describeReport(report)).toMatch(
    /train: .*; 1 picture with the bytes of another one, such as captions\.jsonl:3 \(again\.png\), a copy of captions\.jsonl:1 \(0\.png\)/,
  );
});
