import { lookUp } from '@crossweave/core/authoring';
import { cosineRestarts } from './cosine-restarts';
import { oneCycle } from './one-cycle';
import type { Schedule } from './schedule';
import { inverseSquareRoot, warmupConstant, warmupCosine, warmupLinear } from './warmup';
import { warmupStableDecay } from './warmup-stable-decay';

interface Form {
  readonly create: (options: never) => Schedule;
  /** What it takes of the run itself. */
  readonly takes: readonly ('warmup' | 'steps')[];
}

const form = <Options>(create: (options: Options) => Schedule, ...takes: Form['takes']): Form => ({
  create,
  takes,
});

/** Every schedule by the name a config gives it. */
export const schedules = {
  cosine: form(warmupCosine, 'warmup', 'steps'),
  linear: form(warmupLinear, 'warmup', 'steps'),
  constant: form(warmupConstant, 'warmup'),
  'inverse-square-root': form(inverseSquareRoot, 'warmup'),
  'cosine-restarts': form(cosineRestarts, 'warmup'),
  'warmup-stable-decay': form(warmupStableDecay, 'warmup', 'steps'),
  'one-cycle': form(oneCycle, 'steps'),
} as const satisfies Readonly<Record<string, Form>>;

/**
 * A schedule by name; what of a run it reads (its steps, its warm-up) it is given, its other options are
 * those of a config.
 *
 * @throws ConfigError for an unknown name, which names the nearest, or a wrong option.
 */
export function createSchedule(
  name: string,
  run: { readonly warmup: number; readonly steps: number },
  options: object = {},
): Schedule {
  const { create, takes }: Form = lookUp('createSchedule', schedules, name);
  const own = Object.fromEntries(takes.map((each) => [each, run[each]]));
  return create({ ...own, ...options } as never);
}
