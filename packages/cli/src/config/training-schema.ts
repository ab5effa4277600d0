import { representationNames } from '@crossweave/lab';
import { optimizers, schedules } from '@crossweave/trainer';
import { z } from 'zod';

/** Below 2^31, the largest that a tensor's shape or a loop here can mean. */
export const count = z
  .int()
  .min(1)
  .lt(2 ** 31);

/** One of a table by name with its own options; its factory checks those. */
const named = (table: object): z.ZodType<NamedConfig> =>
  z.strictObject({
    name: z.enum(Object.keys(table) as [string, ...string[]]),
    options: z.record(z.string(), z.unknown()).default({}),
  });

export interface NamedConfig {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What only the training of one model end to end takes. */
export const runTraining = {
  /** Default `adamw`. It gets the rates, `weightDecay`, `clipNorm` and the schedule, and these options. */
  optimizer: named(optimizers).optional(),
  /** Default `cosine`. It gets `steps` and `warmup`, and these options. */
  schedule: named(schedules).optional(),
  /** Batches whose gradients make a step; `batchSize` is that of one. */
  accumulate: count.optional(),
  /** Pairs that are encoded at a time, for contrasts over batches that are too large for memory. */
  chunk: count.optional(),
  /** Averages of the parameters, which are evaluated and used in their place. */
  average: z.strictObject({ decay: z.number().min(0).lt(1) }).optional(),
  /** What to do when loss or gradients are not finite: stop, leave the batch out, or a policy. */
  onNonFinite: z
    .union([
      z.enum(['stop', 'skip']),
      z.strictObject({ halveRate: z.boolean().optional(), stopAfter: count.optional() }),
    ])
    .default('stop'),
  /** Go back to an earlier state when the loss leaps. */
  spikes: z
    .strictObject({
      deviations: z.number().positive().optional(),
      window: z.int().min(2).optional(),
      every: count.optional(),
    })
    .optional(),
  /** Measure a split every so many steps, and keep the best state by a metric of it. */
  evaluate: z
    .strictObject({
      split: z.string(),
      every: count,
      /** Figures of representations to measure too: all that can be told, or these. */
      representations: z
        .union([z.literal('all'), z.array(z.enum(representationNames)).min(1)])
        .optional(),
      best: z
        .strictObject({
          metric: z.string(),
          mode: z.enum(['max', 'min']).optional(),
          minDelta: z.number().min(0).optional(),
          patience: count.optional(),
        })
        .optional(),
    })
    .optional(),
  /** Save every so many steps, or minutes. */
  checkpointEvery: z
    .union([
      count,
      z.strictObject({ steps: count.optional(), minutes: z.number().positive().optional() }),
    ])
    .optional(),
  /** Compute layers again in the backward pass: less memory, more time. */
  recompute: z.boolean().default(false),
  /** The momentum twin that `momentum-contrastive` learns from, and the size of its queue. */
  teacher: z
    .strictObject({ momentum: z.number().min(0).lt(1).default(0.995), queue: count.optional() })
    .optional(),
};
