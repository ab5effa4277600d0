import { appendFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { codeOf, fileError, writeFileAtomic } from '@crossweave/core/node';
import type { TrainRecord } from '../records';

const metricsFile = (folder: string): string => join(folder, 'metrics.jsonl');

/**
 * A run's records; none before the first. A last line cut short by a crash is left out.
 *
 * @throws DataError when the file cannot be read, FileFormatError that names a damaged line.
 */
export async function readMetrics(folder: string): Promise<TrainRecord[]> {
  const where = metricsFile(folder);
  const text = await readFile(where, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return '';
    throw fileError('the records of the run cannot be read', where, cause);
  });
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line, i) => (line === '' ? [] : [parseRecord(line, `${where}:${i + 1}`)]));
}

/** @throws DataError when the disk is full or the folder has vanished. */
export function appendRecord(folder: string, record: TrainRecord): void {
  try {
    appendFileSync(metricsFile(folder), `${JSON.stringify(record)}\n`);
  } catch (cause) {
    throw fileError('a record of the run cannot be written', metricsFile(folder), cause);
  }
}

/** Removes the records of steps after `step`. */
export async function cutRecords(folder: string, step: number): Promise<void> {
  const records = await readMetrics(folder);
  const kept = records.filter((record) => record.step <= step);
  const lines = kept.map((record) => `${JSON.stringify(record)}\n`);
  await writeFileAtomic(metricsFile(folder), lines.join(''));
}

export async function removeRecords(folder: string): Promise<void> {
  await rm(metricsFile(folder), { force: true });
}

function parseRecord(line: string, where: string): TrainRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // What is wrong with it is said below.
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    'step' in value &&
    Number.isSafeInteger(value.step)
  ) {
    return value as TrainRecord;
  }
  throw new FileFormatError('a record of the run is damaged', {
    where,
    expected: 'one JSON object with kind and step',
    got: line.slice(0, 80),
    advice: 'Remove the line: training goes on from its checkpoint and does not read it.',
  });
}
