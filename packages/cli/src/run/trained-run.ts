import { FileFormatError } from '@crossweave/core';
import { readRun } from '@crossweave/trainer/node';
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
  /** Of the run's identity; its checkpoints carry it. */
  readonly checksum: string;
}

const recordSchema = z.object({
  identity: z.object({
    format: z.literal(format),
    command: z.literal('train'),
    config: z.looseObject({ data: z.looseObject({}) }),
    captions: z.string(),
    data: z.string(),
    tokenizer: z.string(),
  }),
  checksum: z.string(),
  paths: z.object({ captions: z.string(), tokenizer: z.string().optional() }),
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
  const { identity, checksum, paths } = record.data;
  const { captions, data, tokenizer } = identity;
  const config = parseConfig(
    trainSchema,
    { ...identity.config, data: { ...identity.config.data, ...paths } },
    where,
  );
  return {
    config,
    tokenizerFolder: paths.tokenizer ?? ownTokenizer(folder),
    fingerprints: { captions, data, tokenizer },
    checksum,
  };
}
