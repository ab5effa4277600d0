import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { imagenetPreprocessing } from '@crossweave/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportedTowers, readExport } from './export-files';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-export-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

const description = {
  preprocessing: imagenetPreprocessing,
  maxTokens: 20,
  logits: { scale: 10, bias: 0 },
};

/** A folder with the files of an export, of which only the description is real. */
async function write(config: object): Promise<void> {
  await mkdir(join(folder, 'onnx'));
  for (const name of Object.values(exportedTowers)) {
    await writeFile(join(folder, 'onnx', `${name}.onnx`), '');
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
}

describe('readExport', () => {
  it('reads what an export says of itself', async () => {
    await write({ projection_dim: 32, crossweave: description });
    expect(await readExport(folder)).toEqual({ dim: 32, ...description });
  });

  it('knows a folder that is no export', async () => {
    expect(await readExport(folder)).toBeUndefined();
    await write({ projection_dim: 32 });
    expect(await readExport(folder)).toBeUndefined();
  });

  it.each([
    ['no width', { crossweave: description }],
    ['a text of no length', { projection_dim: 32, crossweave: { ...description, maxTokens: 0 } }],
    ['half of the logits', { projection_dim: 32, crossweave: { ...description, logits: {} } }],
  ])('refuses a description with %s', async (_name, config) => {
    await write(config);
    await expect(readExport(folder)).rejects.toThrow(FileFormatError);
  });
});
