import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../records/row-reader.testing';
import { StreamReader } from './byte-reader';
import { tarEntries } from './tar';
import { tarEnd, tarOf } from './tar.testing';

async function read(archive: Buffer, size = 100): Promise<[string, string, string][]> {
  const entries: [string, string, string][] = [];
  const reader = new StreamReader(bytesSource(archive, 'a.tar', size).chunks());
  for await (const entry of tarEntries(reader, 'a.tar')) {
    const passed = entry.name.startsWith('pass');
    entries.push([entry.name, entry.kind, passed ? '' : (await entry.body()).toString()]);
  }
  return entries;
}

const whole = tarOf([
  { name: 'd/', type: '5' },
  { name: 'd/a.txt', content: 'one' },
  { name: 'pass', content: 'x'.repeat(700) },
  { name: 'link', type: '2' },
  { name: 'b', content: '' },
]);

describe('tarEntries', () => {
  it('gives files and links, in chunks of any size', async () => {
    for (const size of [1, 511, 512, 10_000]) {
      expect(await read(Buffer.concat([whole, tarEnd]), size)).toEqual([
        ['d/a.txt', 'file', 'one'],
        ['pass', 'file', ''],
        ['link', 'link', ''],
        ['b', 'file', ''],
      ]);
    }
  });

  it('knows long names of GNU and pax, and archives put together', async () => {
    const [long, longer] = ['g/'.repeat(80), 'é'.repeat(90)];
    const entry = (text: string): string => {
      const bytes = Buffer.byteLength(text) + 1;
      const length = [2, 3, 4].find((digits) => String(bytes + digits).length + 1 === digits)!;
      return `${bytes + length} ${text}\n`.replace(/^(\d+) /, (_, n: string) => `${n} `);
    };
    const pax = entry(`path=${longer}`);
    const gnu = tarOf([
      { name: '././@LongLink', type: 'L', content: `${long}\0` },
      { name: 'cut', content: 'g' },
    ]);
    const own = tarOf([
      { name: 'PaxHeaders', type: 'x', content: pax },
      { name: 'cut', content: 'p' },
      { name: 'plain', content: 'q' },
    ]);
    expect(await read(Buffer.concat([gnu, tarEnd, own, tarEnd, tarEnd]))).toEqual([
      [long, 'file', 'g'],
      [longer, 'file', 'p'],
      ['plain', 'file', 'q'],
    ]);
  });

  it('says of a file with holes that it is no ordinary one', async () => {
    const sparse = tarOf([
      { name: 'PaxHeaders', type: 'x', content: '22 GNU.sparse.major=1\n' },
      { name: 'GNUSparseFile.1/a.txt', content: '1\n0\n4\n' },
      { name: 'b.txt', content: 'b' },
    ]);
    expect((await read(Buffer.concat([sparse, tarEnd]))).map(([, kind]) => kind)).toEqual([
      'other',
      'file',
    ]);
  });

  it('refuses what is damaged or ends early, saying after what', async () => {
    const bad = Buffer.concat([whole, tarEnd]);
    bad[512 + 3] = 0x7a;
    await expect(read(bad)).rejects.toThrow(
      /a\.tar: the archive is damaged.*no header at byte 512/,
    );
    await expect(read(whole)).rejects.toThrow(/an early end, after b/);
    await expect(read(Buffer.from('no archive'))).rejects.toThrow(/damaged, or no tar archive/);
  });

  it('never gives an archive that was cut as a whole one', async () => {
    const all = (await read(Buffer.concat([whole, tarEnd]))).length;
    await assert(
      asyncProperty(integer({ min: 0, max: whole.length }), async (length) => {
        await expect(read(whole.subarray(0, length))).rejects.toThrow(/damaged/);
      }),
      { numRuns: 50 },
    );
    expect(all).toBe(4);
  });
});
