import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows } from './read';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

testOptions(
  'readRows',
  (options) => readRows('c.jsonl', options),
  { describe, it },
  { anyText: ['text', 'split'] },
);

describe('readRows', () => {
  it.each([
    ['a.jsonl', '\uFEFF{"image":"a.png","caption":"x"}\n'],
    ['a.CSV', '\uFEFFimage,caption\na.png,x\n'],
    ['a.tsv', 'image\tcaption\na.png\tx\n'],
  ])('chooses the reader of %s by its name', async (name, text) => {
    expect(await readRows(await file(name, text))).toMatchObject([
      { record: { image: 'a.png', captions: ['x'] } },
    ]);
  });

  it('takes a format for any name, and another delimiter, quote and encoding', async () => {
    const path = await file('captions.txt', 'image,caption\na.png,x\n');
    await expect(readRows(path)).rejects.toBeInstanceOf(ConfigError);
    expect(await readRows(path, { format: 'csv' })).toHaveLength(1);
    const western = await file(
      'w.csv',
      Buffer.from("image;caption\na;'caf\xe9; au lait'\n", 'latin1'),
    );
    await expect(readRows(western)).rejects.toThrow(/w\.csv:2.*encoding: 'windows-1252'/);
    const options = { delimiter: ';', quote: "'", encoding: 'windows-1252' };
    expect(await readRows(western, options)).toMatchObject([
      { record: { captions: ['café; au lait'] } },
    ]);
  });

  it('reads UTF-16 by its mark', async () => {
    const text = Buffer.from('\uFEFFimage,caption\ni0.png,one\n', 'utf16le');
    expect(await readRows(await file('u.csv', text))).toMatchObject([
      { record: { image: 'i0.png', captions: ['one'] } },
    ]);
  });

  it('refuses options that do not fit the format or each other', async () => {
    const lines = await file('o.jsonl', '{}');
    await expect(readRows(lines, { delimiter: ';' })).rejects.toThrow(
      'JSON lines have no delimiter',
    );
    const table = await file('o.csv', 'image,caption\na,b\n');
    await expect(readRows(table, { quote: ',' })).rejects.toThrow('must be told apart');
    await expect(readRows(table, { delimiter: ', ' })).rejects.toThrow('one character');
    await expect(readRows(table, { encoding: 'latin-2' })).rejects.toThrow('windows-1252');
  });

  it('says that the file is missing', async () => {
    const failure = readRows(join(folder, 'none.jsonl'));
    await expect(failure).rejects.toBeInstanceOf(DataError);
    await expect(failure).rejects.toThrow('none.jsonl: the captions file is missing');
  });

  it('reads nothing but files: no folder, no pipe', async () => {
    const inside = join(folder, 'folder.csv');
    await mkdir(inside);
    await expect(readRows(inside)).rejects.toThrow(/the captions file is no file.*a folder/);
    await expect(readRows(join(folder, 'o.csv', 'x.csv'))).rejects.toBeInstanceOf(DataError);
    if (process.platform === 'win32') return;
    const [program, pipe] = ['mkfifo', join(folder, 'pipe.jsonl')];
    execFileSync(program, [pipe]);
    await expect(readRows(pipe)).rejects.toThrow(/no file.*a pipe/);
  });

  it('says that the file cannot be read', async (context) => {
    if (process.platform === 'win32' || process.getuid?.() === 0) context.skip();
    const path = await file('closed.csv', 'image,caption\na,b\n');
    await chmod(path, 0);
    await expect(readRows(path)).rejects.toThrow(/cannot be read.*EACCES/);
  });

  it.each([
    ['empty.jsonl', ''],
    ['blank.jsonl', '\n \n'],
    ['header.csv', 'image,caption\n'],
    ['empty.csv', ''],
    ['mark.tsv', '\uFEFF'],
  ])('says that %s holds no captions', async (name, text) => {
    await expect(readRows(await file(name, text))).rejects.toThrow('holds no captions');
  });

  it('stops at a signal, between parts too, with its reason', async () => {
    const line = '{"image":"a.png","caption":"x"}\n';
    const path = await file('long.jsonl', line.repeat(20_000));
    const reason = new Error('enough');
    await expect(readRows(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = readRows(path, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 1);
    await expect(reading).rejects.toBe(reason);
  });
});
