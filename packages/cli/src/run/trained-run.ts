import { resolve } from 'node:path';
import { DataError, FileFormatError } from '@crossweave/core';
import type { TrainState } from '@crossweave/trainer';
import { loadTrainingState, readRun } from '@crossweave/trainer/node';
import { z } from 'zod';
import { ownTokenizer } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { trainSchema, type TrainConfig } from '../config/schema';
import { format } from './identity';

/** What the record of a training run says, checked. */
export interface TrainedRun {
  /** Absolute paths in its `data`. */
  readonly config: TrainConfig;
  readonly tokenizerFolder: string;
  readonly fingerprints: {
    readonly captions: string;
    readonly data: string;
    readonly tokenizer: string;
  };
  /** What its task learned of the labels; undefined without one. */
  readonly task: unknown;
  /** Of the run's identity; its checkpoints carry it. */
  readonly checksum: string;
}

const recordSchema = z.object({
  identity: z.object({
    format: z.literal(format),
    command: z.literal('train'),
    config: z.looseObject({ data: z.looseObject({ stream: z.looseObject({}).optional() }) }),
    captions: z.string(),
    data: z.string(),
    tokenizer: z.string(),
  }),
  checksum: z.string(),
  task: z.unknown().optional(),
  paths: z.object({
    captions: z.string(),
    tokenizer: z.string().optional(),
    featureStore: z.string().optional(),
    stream: z.array(z.string()).optional(),
  }),
});

/**
 * The run in a folder.
 *
 * @throws DataError when there is none; FileFormatError when its record is damaged, edited, or of
 *   something else than `train`.
 */
export async function readTrainedRun(folder: string): Promise<TrainedRun> {
  const where = `${folder}/run.json`;
  const record = recordSchema.safeParse(await readRun(folder));
  if (!record.success) {
    const [issue] = record.error.issues;
    throw new FileFormatError('this is not the record of a training run', {
      where,
      expected: 'a run.json that crossweave train wrote',
      got: issue === undefined ? undefined : `"${issue.path.join('.')}": ${issue.message}`,
    });
  }
  const { identity, checksum, paths, task } = record.data;
  const { captions, data, tokenizer } = identity;
  const { stream: source, ...named } = paths;
  const given = identity.config.data;
  const stream = source && { ...given.stream, source };
  const config = parseConfig(
    trainSchema,
    { ...identity.config, data: { ...given, ...named, ...(stream && { stream }) } },
    where,
  );
  return {
    config,
    tokenizerFolder: paths.tokenizer ?? ownTokenizer(folder),
    fingerprints: { captions, data, tokenizer },
    checksum,
    task,
  };
}

/**
 * The last checkpoint of a run, or the best one; the caller disposes it.
 *
 * @throws DataError when there is none.
 */
export async function checkpointOf(
  folder: string,
  { checksum }: TrainedRun,
  best = false,
): Promise<TrainState> {
  const state = await loadTrainingState(resolve(folder, 'checkpoints'), {
    run: checksum,
    ...(best && { step: 'best' as const }),
  });
  if (state !== undefined) return state;
  throw new DataError('the run has no checkpoint', {
    where: folder,
    advice: 'Let crossweave train finish, or continue it.',
  });
}

/** @throws DataError for another tokenizer than that of the run. */
export function requireTokenizer({ tokenizerFolder, fingerprints }: TrainedRun, got: string): void {
  if (got === fingerprints.tokenizer) return;
  throw new DataError('the tokenizer is not the one that the run was trained with', {
    where: tokenizerFolder,
    expected: fingerprints.tokenizer,
    got,
    advice: 'Its ids would mean other words: put the original files back.',
  });
}

/** @throws DataError for other data than the run was made on, by a fingerprint of it. */
export function requireData(
  what: 'captions' | 'data',
  where: string,
  { fingerprints }: TrainedRun,
  got: string,
): void {
  if (got === fingerprints[what]) return;
  const named = what === 'captions' ? 'the captions' : 'the pictures or false captions';
  throw new DataError(`${named} changed since the run was made`, {
    where,
    expected: `the fingerprint ${fingerprints[what]}`,
    got,
    advice: `Put the original back. To measure on other data, name it: --captions ${where}`,
  });
}
