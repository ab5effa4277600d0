import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fixture from '../../../fixtures/tensorboard.json';
import type { TrainRecord } from '../../records';
import { crc32c } from './crc32c';
import { tensorBoardLogger } from './tensor-board-logger';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const figures = { gradientNorm: 2, updateRatio: 1e-3, effectiveRate: 5e-4, share: 0.75 };
const records: readonly TrainRecord[] = [
  {
    ...{ kind: 'step', step: 1, epoch: 0, loss: 2.5, terms: { contrast: 2.25 }, gradientNorm: 3 },
    ...{ learningRates: { '': 1e-3 }, branches: { image: figures }, seconds: 0.5, dataSeconds: 0 },
  },
  { kind: 'warning', step: 1, epoch: 0, message: 'no scalar', advice: '' },
  { kind: 'evaluation', step: 300, metrics: { 'retrieval.i2t.r1': 0.25 } },
];

testOptions('tensorBoardLogger', (options) => tensorBoardLogger(folder, options), { describe, it });

async function events(): Promise<string> {
  const [name] = await readdir(folder);
  return (await readFile(join(folder, name!))).toString('base64');
}

it('writes the bytes that TensorBoard itself has read', async () => {
  const logger = tensorBoardLogger(folder, { now: () => 1_700_000_000_000 });
  for (const record of records) logger.log(record);
  expect((await readdir(folder))[0]).toMatch(/^events\.out\.tfevents\.1700000000\./);
  expect(await events()).toBe(fixture.file);
});

it('has files of its own for each run, and none before the first record', async () => {
  const [first, second] = [tensorBoardLogger(folder), tensorBoardLogger(folder)];
  expect(await readdir(folder)).toEqual([]);
  for (const logger of [first, second]) logger.log(records[0]!);
  expect(await readdir(folder)).toHaveLength(2);
});

it('has the sums of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

it('says what is wrong', () => {
  expect(() => tensorBoardLogger('')).toThrow(ConfigError);
  expect(() => tensorBoardLogger(folder, { now: 3 as never })).toThrow(/"now"/);
  const nowhere = tensorBoardLogger(join(folder, 'nowhere'));
  expect(() => nowhere.log(records[0]!)).toThrow(DataError);
});
