import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, DataError, FileFormatError } from '../errors';
import { randomUUID } from 'node:crypto';
import {
  createFileAtomic,
  makeFolder,
  readBytes,
  readJson,
  removeTemporaries,
  writeFileAtomic,
  writeJsonAtomic,
} from './files';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes text and bytes, and replaces what was there', async () => {
    const path = join(folder, 'a.bin');
    await writeFileAtomic(path, 'größe');
    expect(await readFile(path, 'utf8')).toBe('größe');
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    expect(Array.from(await readBytes(path))).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('leaves the old file and no temporary one when the target cannot be replaced', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'inside'), 'x');
    await expect(writeFileAtomic(path, 'new')).rejects.toThrow(DataError);
    await expect(writeFileAtomic(path, 'new')).rejects.toThrow(path);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('says that a folder is missing', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'a'), '')).rejects.toThrow(
      /cannot be written.*ENOENT/,
    );
  });

  it('says what can be done', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeFileAtomic(join(folder, 'file', 'a'), '')).rejects.toThrow(
      /ENOTDIR.*is a file, not a folder: choose a different path/,
    );
  });

  it('leaves temporaries where it is killed, which are told from other files', async () => {
    const left = `.model.safetensors.${randomUUID()}.tmp`;
    const kept = ['.hidden.tmp', 'a.tmp', `model.${randomUUID()}.tmp`];
    for (const name of [left, ...kept]) await writeFile(join(folder, name), '');
    await removeTemporaries(folder);
    expect((await readdir(folder)).sort()).toEqual(kept.sort());
    await expect(removeTemporaries(join(folder, 'nowhere'))).rejects.toThrow(DataError);
  });

  it('lets one of several writers win whole', async () => {
    const path = join(folder, 'race');
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['race']);
  });
});

describe('makeFolder', () => {
  it('makes what is missing, and says what was the first', async () => {
    expect(await makeFolder(join(folder, 'a', 'b', 'c'))).toBe(join(folder, 'a'));
    expect(await makeFolder(join(folder, 'a', 'b', 'd'))).toBe(join(folder, 'a', 'b', 'd'));
    expect(await makeFolder(join(folder, 'a'))).toBeUndefined();
    const many = Array.from({ length: 8 }, () => makeFolder(join(folder, 'x', 'y', 'z')));
    await Promise.all(many);
  });

  it('ends with an error where no folder can be', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of ['file', 'file/below', '\0']) {
      await expect(makeFolder(join(folder, path))).rejects.toThrow(DataError);
    }
    await expect(makeFolder('/proc/crossweave/run')).rejects.toThrow(DataError);
  });
});

it('createFileAtomic lets the first of several writers win, and says so', async () => {
  const path = join(folder, 'new');
  const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
  const won = await Promise.all(texts.map((text) => createFileAtomic(path, text)));
  expect(won.filter((each) => each)).toHaveLength(1);
  expect(await readFile(path, 'utf8')).toBe(texts[won.indexOf(true)]);
  expect(await readdir(folder)).toEqual(['new']);
  await expect(createFileAtomic(join(folder, 'no', 'a'), '')).rejects.toThrow(DataError);
});

describe('JSON files', () => {
  it('round-trip', async () => {
    const path = join(folder, 'run.json');
    await writeJsonAtomic(path, { seed: 0, arms: ['late'] });
    expect(await readJson(path)).toEqual({ seed: 0, arms: ['late'] });
    expect(await readFile(path, 'utf8')).toBe('{\n  "seed": 0,\n  "arms": [\n    "late"\n  ]\n}\n');
  });

  it('name the file that is missing or damaged', async () => {
    const path = join(folder, 'run.json');
    await expect(readJson(path)).rejects.toThrow(DataError);
    await writeFile(path, '{"seed": ');
    await expect(readJson(path)).rejects.toThrow(FileFormatError);
    await expect(readJson(path)).rejects.toThrow(path);
  });

  it('refuse what is nested too deeply to read', async () => {
    const path = join(folder, 'deep.json');
    await writeFile(path, '['.repeat(200_000));
    await expect(readJson(path)).rejects.toThrow(FileFormatError);
    await writeFile(path, `${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    await readJson(path).catch((error: unknown) => expect(error).toBeInstanceOf(FileFormatError));
  });

  it('refuse what JSON cannot say', async () => {
    await expect(writeJsonAtomic(join(folder, 'a'), undefined)).rejects.toThrow(ConfigError);
    expect(await readdir(folder)).toEqual([]);
  });
});
