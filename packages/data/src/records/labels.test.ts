import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows } from './read';
import type { ReadRowsOptions } from './read-options';
import type { CaptionRecord, Row } from './record';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-labels-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(name: string, text: string, options?: ReadRowsOptions): Promise<Row[]> {
  await writeFile(join(folder, name), text);
  return readRows(join(folder, name), options);
}

async function records(
  name: string,
  text: string,
  options?: ReadRowsOptions,
): Promise<CaptionRecord[]> {
  const rows = await read(name, text, options);
  return rows.map((row) => {
    if ('error' in row) throw row.error;
    return row.record;
  });
}

async function refusal(fields: object, options?: ReadRowsOptions): Promise<string> {
  const line = JSON.stringify({ image: 'a.png', caption: 'c', ...fields });
  const [row] = await read('one.jsonl', line, options);
  return row !== undefined && 'error' in row ? row.error.message : 'no error';
}

const labelled = async (
  label: unknown,
  labels?: ReadRowsOptions['labels'],
): Promise<CaptionRecord['labels']> => {
  const line = JSON.stringify({ image: 'a.png', captions: ['c', 'd'], label });
  return (await records('a.jsonl', line, labels === undefined ? {} : { labels }))[0]?.labels;
};

describe('labels', () => {
  it.each<[unknown, ReadRowsOptions['labels'], unknown]>([
    ['cat', undefined, 'cat'],
    ['|', 'classes', []],
    ['|', undefined, '|'],
    [' cat ', undefined, 'cat'],
    [2.5, undefined, 2.5],
    [0, undefined, 0],
    [true, undefined, 'true'],
    [['a', 'b', 'a'], undefined, ['a', 'b', 'a']],
    [[1, 2], undefined, ['1', '2']],
    [[], undefined, []],
    [3, 'class', '3'],
    ['2.5', 'number', 2.5],
    [' -1e3 ', 'number', -1000],
    ['a|b', 'classes', ['a', 'b']],
    ['a', 'classes', ['a']],
  ])('%j as %s is %j, beside each caption', async (written, kind, label) => {
    expect(await labelled(written, kind)).toEqual([label, label]);
  });

  it.each([null, '', '  '])('%j is no label', async (written) => {
    expect(await labelled(written)).toBeUndefined();
  });

  it('"labels" has one for each caption', async () => {
    const line = '{"image": "a.png", "captions": ["c", "d", "e"], "labels": ["x", null, 3]}';
    expect((await records('a.jsonl', line))[0]?.labels).toEqual(['x', undefined, 3]);
  });

  it.each<[object, ReadRowsOptions['labels'], RegExp]>([
    [{ label: {} }, undefined, /"label" is no label; .*got object/],
    [{ label: ['a', 1.5] }, undefined, /"label" is no label/],
    [{ label: 'a\0b' }, undefined, /"label" is no label/],
    [{ label: 'high' }, 'number', /expected a number; got "high"/],
    [{ label: '0x10' }, 'number', /expected a number; got "0x10"/],
    [{ label: 'a||b' }, 'classes', /"label" is no label/],
    [
      { labels: ['a', 'b'] },
      undefined,
      /a list of 1, .*a list of 2.*columns: \{ label: 'labels' \}/,
    ],
    [{ labels: 'a' }, undefined, /"labels" does not fit/],
    [{ labels: ['a'], label: 'a' }, undefined, /labels in two fields/],
  ])('refuses %j as %s', async (fields, labels, message) => {
    expect(await refusal(fields, labels === undefined ? {} : { labels })).toMatch(message);
  });

  it('a column may be named, in JSONL and CSV, and must be there then', async () => {
    const columns = { caption: 'question', label: 'answer', group: 'product' };
    const csv = 'image,question,answer,product\na.png,how many?,3,p1\nb.png,what?,,\n';
    expect(await records('a.csv', csv, { columns })).toMatchObject([
      { captions: ['how many?'], labels: ['3'], group: 'p1' },
      { captions: ['what?'] },
    ]);
    const [first] = await records('n.csv', csv, { columns, labels: 'number' });
    expect(first?.labels).toEqual([3]);
    const json = '{"image": "a.png", "question": "how many?", "answer": 3, "product": 7}';
    expect(await records('a.jsonl', json, { columns })).toMatchObject([
      { captions: ['how many?'], labels: [3], group: '7' },
    ]);
    const wrong = { caption: 'question', label: 'anwser' };
    await expect(read('a.csv', csv, { columns: wrong })).rejects.toThrow(/no column "anwser"/);
    await expect(read('a.jsonl', json, { columns: wrong })).rejects.toThrow(/field "anwser"/);
  });
});

describe('text of several columns', () => {
  const csv = 'image,title,description\na.png,Chair,of {oak}\nb.png,Table,\n';

  it('is made by the template; rows that lack a part are rejects', async () => {
    const [first, second] = await read('t.csv', csv, { text: '{title}. {{{ description }}}' });
    expect(first).toMatchObject({ record: { captions: ['Chair. {of {oak}}'] } });
    expect(second).toMatchObject({ line: 3 });
    expect(second && 'error' in second && second.error.message).toMatch(
      /t\.csv:3: the text needs "description"/,
    );
  });

  it('takes numbers, and refuses lists', async () => {
    const text = '{title} {size}';
    const line = (size: unknown): string => JSON.stringify({ image: 'a', title: 't', size });
    expect((await records('s.jsonl', line(2), { text }))[0]?.captions).toEqual(['t 2']);
    const [row] = await read('s.jsonl', line([1]), { text });
    expect(row && 'error' in row && row.error.message).toMatch(/got a list of 1/);
  });

  it('names columns that must be there', async () => {
    await expect(read('t.csv', csv, { text: '{tilte}' })).rejects.toThrow(
      /no column "tilte".*Did you mean "title"/,
    );
  });

  it('is one text for all rows where the template names no column', async () => {
    const rows = await read('t.csv', csv, { text: 'a photo' });
    expect(rows.map((row) => 'record' in row && row.record.captions)).toEqual([
      ['a photo'],
      ['a photo'],
    ]);
    await expect(read('t.csv', csv, { text: 'title' })).rejects.toThrow(
      /the text "title" is the name of a column; expected "\{title\}"/,
    );
  });

  it.each(['{title', '{}', 'title}', '{ }', '', ' '])('refuses the template %j', async (text) => {
    await expect(read('t.csv', csv, { text })).rejects.toThrow(/"text".*columns in braces/);
  });

  it('is refused beside a caption column', async () => {
    const columns = { caption: 'title' };
    await expect(read('t.csv', csv, { text: '{title}', columns })).rejects.toThrow(/named twice/);
  });
});
