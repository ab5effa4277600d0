import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCrossweaveError } from '@crossweave/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mutateBytes, mutationKey, mutations } from '../mutate.testing';
import { RowJoiner } from '../pairs/samples';
import { decodedBlocks } from './decode-text';
import { readRows } from './read';
import type { RecordFormat } from './read-options';
import type { Row } from './record';
import { bytesSource } from './row-reader.testing';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-mutations-'));
});
afterAll(() => rm(folder, { recursive: true }));

const texts = [
  ...[
    'a red circle',
    'a "round", red thing',
    'two\nlines, here',
    'café\u0301 naïve',
    '中文 \u{1F600}',
  ],
  ...['the 5" disk', 'a, b, c', '  spaces\t', 'Straße', '"', 'x\r\ny'],
];
const rows = texts.map((caption, i) => ({
  image: `images/i${i}.png`,
  caption,
  id: i % 2 === 0 ? `${i}` : `name ${i}`,
  split: ['train', 'val', 'test'][i % 3]!,
}));

function table(delimiter: string, lineEnd: string): string {
  const cell = (text: string): string =>
    /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = rows.map((row) => Object.values(row).map(cell).join(delimiter));
  return [['image', 'caption', 'id', 'split'].join(delimiter), ...lines, ''].join(lineEnd);
}

const inputs: Record<RecordFormat, readonly Buffer[]> = {
  jsonl: ['\n', '\r\n'].map((end) =>
    Buffer.from(
      rows
        .map((row, i) =>
          JSON.stringify({ ...row, id: i, negatives: [[{ caption: 'no', kind: 'k' }]] }),
        )
        .join(end),
    ),
  ),
  csv: [Buffer.from(table(',', '\n')), Buffer.from(`\uFEFF${table(',', '\r\n')}`, 'utf16le')],
  tsv: [Buffer.from(table('\t', '\n')), Buffer.from(table('\t', '\r'))],
};

/** What readRows promises of any bytes. */
async function expectNothingLost(
  read: readonly Row[],
  bytes: Buffer,
  format: RecordFormat,
): Promise<void> {
  const delimiter = { jsonl: '{', csv: ',', tsv: '\t' }[format];
  const blocks: Buffer[] = [];
  for await (const block of decodedBlocks(bytesSource(bytes, 'c'))) blocks.push(block);
  const lines = Buffer.concat(blocks)
    .toString()
    .split(/\r\n|\n|\r/);
  const blank = (line: string): boolean =>
    line.trim() === '' && (format === 'jsonl' || !line.includes(delimiter));
  const first = read[0]?.line ?? 0;
  const header = lines.slice(0, first - 1).filter((line) => !blank(line));
  if (format === 'jsonl') expect(header).toEqual([]);
  else if (!header.some((line) => line.includes('"'))) expect(header).toHaveLength(1);
  let next = first;
  for (const row of read) {
    expect(lines.slice(next - 1, row.line - 1).filter((line) => !blank(line))).toEqual([]);
    expect(row.line).toBeGreaterThanOrEqual(next);
    expect(row.lines).toBeGreaterThan(0);
    next = row.line + row.lines;
    if ('record' in row) expect(row.record.captions.every((text) => text !== '')).toBe(true);
    else expect(row.error.code).toBe('data');
  }
  expect(lines.slice(next - 1).filter((line) => !blank(line))).toEqual([]);
  const joiner = new RowJoiner('c');
  joiner.add(read);
  const taken = joiner.samples().reduce((sum, sample) => sum + sample.rows, 0);
  expect(taken + joiner.bad.length).toBe(read.length);
}

it.each(['jsonl', 'csv', 'tsv'] as const)(
  'mutated %s files give every row or say what is wrong, and throw nothing else',
  async (format) => {
    const outcomes = { rows: 0, rejects: 0, errors: 0 };
    const count = mutations(200);
    for (let i = 0; i < count; i++) {
      const input = inputs[format][i % inputs[format].length]!;
      const bytes = mutateBytes(input, mutationKey(format, i));
      const file = join(folder, `c.${format}`);
      await writeFile(file, bytes);
      let read: Row[];
      try {
        read = await readRows(file);
      } catch (error) {
        if (!isCrossweaveError(error)) throw error;
        expect(error.message).toMatch(/^.+: /);
        outcomes.errors++;
        continue;
      }
      await expectNothingLost(read, bytes, format);
      outcomes.rows += read.length;
      outcomes.rejects += read.filter((row) => 'error' in row).length;
    }
    if (count > 1000) console.info(format, count, outcomes);
    expect(outcomes.rows).toBeGreaterThan(count);
    expect(outcomes.rejects).toBeGreaterThan(0);
    expect(outcomes.errors).toBeGreaterThan(0);
  },
  600_000,
);
