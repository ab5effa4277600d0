import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { contactSheet } from './contact-sheet';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

testOptions(
  'contactSheet',
  (options) => contactSheet([], options),
  { describe, it },
  { anyText: ['images', 'text', 'split'] },
);

describe('contactSheet', () => {
  it('shows pictures with captions, pairs that look alike, and what is damaged', async () => {
    for (const [i, name] of ['a.png', 'b.png', 'c.png', 'same.png'].entries()) {
      await folder.picture(name, i === 3 ? 0 : 80 * i);
    }
    await folder.write('bad.png', 'no picture');
    const captions = await folder.captions([
      { image: 'a.png', captions: ['<script>alert("1 & 2")</script>', 'second'], label: 'cat' },
      { image: 'b.png', caption: 'two' },
      { image: 'c.png', caption: 'three' },
      { image: 'same.png', caption: 'four', split: 'val' },
      { image: 'bad.png', caption: 'five', split: 'val' },
      { image: 'a.png' },
    ]);
    const { page, summary, images } = await contactSheet(captions);
    expect(summary).toMatchObject({ rows: 6, rejects: { count: 1 } });
    expect(images.alike).toEqual([
      [
        { image: 'a.png', split: 'train' },
        { image: 'same.png', split: 'val' },
      ],
    ]);
    expect(page).not.toContain('<script>');
    expect(page).toContain('&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;');
    // Five pictures, two of them again in a pair; one cannot be read.
    expect(page.match(/<figure>/g)).toHaveLength(7);
    expect(page.match(/src="data:image\/jpeg;base64,[\w+/=]+"/g)).toHaveLength(6);
    expect(page).toMatch(/cannot be read/);
    expect(page).toMatch(/captions\.jsonl:6/);
    expect((await contactSheet(captions, { pictures: 1 })).page.match(/<figure>/g)).toHaveLength(4);
  });
});
