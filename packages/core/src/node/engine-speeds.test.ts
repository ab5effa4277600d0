import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineSpeeds } from './engine-speeds';
import { describeInstructions, processorHere } from './processor';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-speeds-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('engineSpeeds', () => {
  it('gives what the file has, if it was measured on this machine with these versions', async () => {
    const file = join(folder, 'engine-speeds.json');
    const first = await engineSpeeds({ cacheFolder: folder });
    // On a busy machine nothing is measured, and nothing is written.
    if (first.length === 0) {
      await expect(readFile(file)).rejects.toThrow('ENOENT');
      return;
    }
    const kept = JSON.parse(await readFile(file, 'utf8')) as { machine: string; speeds: unknown };
    expect(kept.speeds).toEqual(first);
    const marked = [{ ...first[0]!, product: 12345 }];
    await writeFile(file, JSON.stringify({ ...kept, speeds: marked }));
    expect(await engineSpeeds({ cacheFolder: folder })).toEqual(marked);
    await writeFile(file, JSON.stringify({ ...kept, machine: 'other', speeds: marked }));
    expect(await engineSpeeds({ cacheFolder: folder })).not.toEqual(marked);
    await writeFile(file, '{"machine": ');
    expect(await engineSpeeds({ cacheFolder: folder })).not.toEqual(marked);
  });
});

it.each([
  [{ cacheFolder: '' }, /"cacheFolder" has a value/],
  [{ again: 1 }, /"again" has a value/],
  [{ folder: 'x' }, /"folder".*cacheFolder, again/],
])('engineSpeeds refuses %j', async (options, message) => {
  await expect(engineSpeeds(options as never)).rejects.toThrow(message);
});

describe('processorHere', () => {
  it.each([
    ['flags\t\t: fpu avx512_bf16 avx512_vnni', ['AVX512-BF16', 'AVX512-VNNI']],
    ['flags : fpu amx_bf16 amx_int8 avx512_bf16', ['AMX-BF16', 'AMX-INT8', 'AVX512-BF16']],
    ['Features\t: fp asimd bf16 i8mm', ['bf16', 'i8mm']],
    ['flags : fpu avx2', []],
    [null, null],
  ])('reads %j', (list, instructions) => {
    expect(processorHere(list).instructions).toEqual(instructions);
  });

  it('says what there is for bf16 and int8', () => {
    const of = (instructions: string[] | null): string =>
      describeInstructions({ name: 'x', arch: 'x64', instructions });
    expect(of(['AMX-BF16', 'AMX-INT8'])).toBe(
      'x64; instructions for bf16: AMX-BF16; for int8: AMX-INT8',
    );
    expect(of([])).toBe('x64; instructions for bf16: none; for int8: none');
    expect(of(null)).toBe('x64; this system does not tell its instruction sets');
  });
});
