import { ConfigError } from '@crossweave/core';
import { z } from 'zod';
import { count } from './training-schema';
import type { AblationConfig, TrainConfig } from './schema';

/** Files of the training pairs, or them and how they are read; see `streamPairs` of @crossweave/data. */
export const streamSchema = z
  .union([
    z.string(),
    z.strictObject({
      source: z.union([z.string(), z.array(z.string()).min(1)]),
      /** Rows that are shuffled among one another, and held for that. */
      shuffle: z
        .int()
        .min(0)
        .lt(2 ** 31)
        .default(4096),
      /** Batches whose pictures are decoded ahead. */
      prefetch: count.default(2),
    }),
  ])
  .transform((given) =>
    typeof given === 'string' ? { source: given, shuffle: 4096, prefetch: 2 } : given,
  );

/** `data.stream` of a config that is not checked yet, with another source. */
export function withSource(config: unknown, source: string): unknown {
  const { data } = Object(config) as { data?: { stream?: unknown } };
  const given = data?.stream;
  return typeof given === 'object' && given !== null ? { ...given, source } : source;
}

/** Why an option cannot be had of pairs that are read while they are used, and what to do instead. */
interface Refusal {
  readonly where: string;
  readonly asked: (config: TrainConfig) => unknown;
  readonly because: string;
  readonly advice: string;
}

const refusals: readonly Refusal[] = [
  {
    where: 'data.tokenizer',
    asked: ({ data }) => (data.tokenizer === undefined ? 'none' : undefined),
    because: 'a tokenizer is made of all training captions, and no tokenizer is named',
    advice:
      'Make one of them once: crossweave data vocabulary PATH --out words, then --set data.tokenizer=words. Or take the one of a checkpoint with --model.',
  },
  {
    where: 'data.holdOut',
    asked: ({ data }) => data.holdOut,
    because: 'which records are held out depends on all of them',
    advice: 'Leave shards out of the stream, and name these as --captions.',
  },
  {
    where: 'data.policy',
    asked: ({ data }) => (data.policy === 'placeholder' ? data.policy : undefined),
    because: 'its damaged pictures are left out, none is put in their place',
    advice: 'Take the policy skip or fail.',
  },
  {
    where: 'data.missing',
    asked: ({ data }) => (data.missing === 'fail' ? data.missing : undefined),
    because: 'its pictures are not looked for before training',
    advice: 'A picture that is missing is a damaged one: --policy fail stops at the first.',
  },
  {
    where: 'task',
    asked: ({ task }) => task?.name,
    because: 'a task is made of the labels of all training pairs',
    advice: 'Load the pairs as --captions without --stream, or train a loss such as info-nce.',
  },
  {
    where: 'training.sampling',
    asked: ({ training }) => (training.sampling === 'none' ? undefined : training.sampling),
    because: 'how often classes are drawn depends on all labels',
    advice: 'Leave it out.',
  },
  {
    where: 'training.evaluate.split',
    asked: ({ data, training: { evaluate } }) =>
      evaluate?.split === data.train ? evaluate.split : undefined,
    because: 'a split is measured as a whole, and the training split is not held',
    advice: 'Name a split of --captions.',
  },
];

/**
 * @throws ConfigError where a config asks something of streamed pairs for which all of them must be
 *   known; it says what and why
 */
export function requireStreamable(config: TrainConfig): void {
  if (config.data.stream === undefined) return;
  for (const { where, asked, because, advice } of refusals) {
    const got = asked(config);
    if (got === undefined) continue;
    throw new ConfigError(
      `training pairs that are streamed are never known as a whole: ${because}`,
      {
        where,
        got,
        advice,
      },
    );
  }
}

/** @throws ConfigError for a stream where features are computed once for all pairs */
export function refuseStream({ data: { stream } }: Pick<AblationConfig, 'data'>): void {
  if (stream === undefined) return;
  throw new ConfigError('an ablation does not stream', {
    where: 'data.stream',
    expected: 'pairs that are held: data.captions alone',
    got: stream.source,
    advice:
      'It encodes every pair once and trains all fusions on these features. Compare fusions on a part of the data, and train the one you choose with crossweave train --stream.',
  });
}
