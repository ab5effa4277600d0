import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError, FileFormatError } from '@crossweave/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TrainRecord } from '../records';
import { appendRecord, cutRecords, readMetrics } from './metrics';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-metrics-'));
});
afterEach(() => rm(folder, { recursive: true }));

const record = (step: number): TrainRecord => ({ kind: 'evaluation', step, metrics: { a: 0 } });

it('keeps records up to a step, and drops a last line cut short', async () => {
  for (const step of [0, 1, 2, 3]) appendRecord(folder, record(step));
  await appendFile(join(folder, 'metrics.jsonl'), '{"kind":"st');
  expect(await readMetrics(folder)).toEqual([0, 1, 2, 3].map(record));
  await cutRecords(folder, 1);
  expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe(
    [0, 1].map((step) => `${JSON.stringify(record(step))}\n`).join(''),
  );
  expect(await readMetrics(join(folder, 'nowhere'))).toEqual([]);
});

it.each(['{"kind":"step"', '[]', 'null', '{"kind":"step"}', '{"kind":1,"step":2}', '\u0000\u0000'])(
  'names the line that is damaged: %j',
  async (line) => {
    appendRecord(folder, record(1));
    await appendFile(join(folder, 'metrics.jsonl'), `${line}\n`);
    await expect(readMetrics(folder)).rejects.toThrow(FileFormatError);
    await expect(readMetrics(folder)).rejects.toThrow('metrics.jsonl:2:');
  },
);

it('says that the file is none', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(readMetrics(join(folder, 'file'))).rejects.toThrow(DataError);
});
