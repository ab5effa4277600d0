import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { createFileAtomic, readJson, writeJsonAtomic } from '@crossweave/core/node';
import {
  checksumOf,
  differencesOf,
  plainIdentity,
  RunMismatchError,
  type RunIdentity,
} from './identity';

/** The content of a run's `run.json`. */
export interface RunRecord {
  /** What the run depends on; undefined for a run that was opened without. */
  readonly identity?: RunIdentity;
  /** Of the identity: tells a file that was edited. */
  readonly checksum?: string;
  readonly [name: string]: unknown;
}

export const recordFile = (folder: string): string => join(folder, 'run.json');

/**
 * A run's `run.json`.
 *
 * @throws DataError when it is missing, FileFormatError when it is damaged or its identity was
 *   edited: what is in the folder was not made by what it says now.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const where = recordFile(folder);
  const value = await readJson(where);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileFormatError('the record of the run is not an object', { where });
  }
  const record = value as RunRecord;
  if (record.identity === undefined && record.checksum === undefined) return record;
  const identity: unknown = record.identity;
  const isWhole = typeof identity === 'object' && identity !== null && !Array.isArray(identity);
  if (!isWhole || checksumOf(identity) !== record.checksum) {
    throw new FileFormatError('the record of the run was changed after the run was made', {
      where,
      expected: 'the config and fingerprints of which its checksum was made',
      got: record.checksum ?? 'no checksum',
      advice: 'Put the original back. To use another config, train in another folder.',
    });
  }
  return record;
}

/**
 * Ties a folder to an identity: writes `run.json` where there is none, else compares. True when it
 * was written. For folders that are no {@link openRun}'s; the caller has the folder's lock.
 *
 * @throws RunMismatchError that names what differs; DataError and FileFormatError as {@link readRun}.
 */
export async function recordRun(
  folder: string,
  identity: RunIdentity,
  description: object = {},
): Promise<boolean> {
  const text = JSON.stringify(recordOf(identity, description), null, 2);
  if (await createFileAtomic(recordFile(folder), `${text}\n`)) return true;
  requireEqual(folder, await readIdentity(folder), plainIdentity(identity));
  return false;
}

/** Writes `run.json` over what there is; without an identity the description alone. */
export async function replaceRecord(
  folder: string,
  identity: RunIdentity | undefined,
  description: object,
): Promise<void> {
  const record = identity === undefined ? description : recordOf(identity, description);
  await writeJsonAtomic(recordFile(folder), record);
}

function recordOf(identity: RunIdentity, description: object): RunRecord {
  const plain = plainIdentity(identity);
  return { ...description, identity: plain, checksum: checksumOf(plain) };
}

/**
 * Compares the entries of `known` with those of the folder's run, for instance before the rest of
 * an identity is known.
 *
 * @throws RunMismatchError that names what differs; DataError and FileFormatError as {@link readRun}.
 */
export async function requireSameRun(folder: string, known: RunIdentity): Promise<void> {
  const plain = plainIdentity(known);
  const identity = await readIdentity(folder);
  const earlier = Object.entries(identity).filter(([name]) => Object.hasOwn(plain, name));
  requireEqual(folder, Object.fromEntries(earlier), plain);
}

async function readIdentity(folder: string): Promise<RunIdentity> {
  const { identity } = await readRun(folder);
  if (identity !== undefined) return identity;
  throw new FileFormatError('the run does not say what it depends on', {
    where: recordFile(folder),
    expected: 'an identity to compare with',
    advice: 'It was made without one, or by an earlier version: choose another folder.',
  });
}

function requireEqual(folder: string, earlier: RunIdentity, now: RunIdentity): void {
  const differences = differencesOf(earlier, now);
  if (differences.length > 0) throw new RunMismatchError(folder, differences);
}
