import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, NonFiniteError } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import { validateResults, type AblationResults } from './results';
import { summarise } from './summarise';
import {
  configHash,
  readTrial,
  writeTrial,
  type TrialOutcome,
  type TrialRecord,
} from './trial-file';

/** One thing that is varied. */
export interface Arm<Config> {
  /** Letters, digits, `.`, `_` and `-`: it names files. */
  readonly name: string;
  /** Plain data: everything the arm's trials depend on besides the seed. */
  readonly config: Config;
}

/** One arm under one seed. */
export interface Trial<Config> {
  readonly arm: Arm<Config>;
  readonly seed: number;
  /** Existing folder of the trial's own, for checkpoints and logs. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface AblateOptions<Config> {
  readonly arms: readonly Arm<Config>[];
  readonly seeds: readonly number[];
  /**
   * Runs one trial. When the signal aborts it should save what it needs under `directory`
   * and throw or return soon; what it returns then is not kept.
   */
  readonly runTrial: (trial: Trial<Config>) => Promise<TrialOutcome>;
  /** Folder that receives `trials/` and `results.json`. */
  readonly out: string;
  /** What all trials depend on (data, preprocessing, recipe); a change runs all again. */
  readonly shared?: unknown;
  /** Extra fields of the results. */
  readonly context?: Pick<AblationResults, 'floors' | 'chance' | 'data'>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AblationProgress) => void;
}

export interface AblationProgress {
  readonly kind: 'started' | 'finished' | 'reused';
  readonly arm: string;
  readonly seed: number;
  /** Trials finished, of how many. */
  readonly done: number;
  readonly total: number;
  readonly outcome?: TrialOutcome;
}

export type AblationEnd =
  | { readonly interrupted: true; readonly trials: readonly TrialRecord[] }
  | {
      readonly interrupted: false;
      readonly trials: readonly TrialRecord[];
      readonly results: AblationResults;
    };

/**
 * Runs every arm under every seed, seed by seed so that an early end still leaves
 * comparable arms, and writes `results.json`. A finished trial is written at once to
 * `trials/<arm>-seed<k>.json`; started again after any kind of end, trials that are
 * there and whose configuration is the same are not repeated.
 *
 * @throws ConfigError for duplicate or unusable names, or seeds that are no seeds;
 * NonFiniteError for a metric that is no number; what a trial throws. Trials finished before are kept.
 */
export async function ablate<Config>(options: AblateOptions<Config>): Promise<AblationEnd> {
  const { arms, seeds, out, onProgress } = options;
  const signal = options.signal ?? new AbortController().signal;
  // A function, since the signal changes while a trial runs.
  const stopped = (): boolean => signal.aborted;
  checkPlan(arms, seeds);
  const trials: TrialRecord[] = [];
  const total = arms.length * seeds.length;
  for (const seed of seeds) {
    for (const arm of arms) {
      const report = (kind: AblationProgress['kind'], outcome?: TrialOutcome): void =>
        onProgress?.({
          kind,
          arm: arm.name,
          seed,
          done: trials.length,
          total,
          ...(outcome && { outcome }),
        });
      const config = configHash({ arm: arm.config, seed, shared: options.shared });
      const finished = await readTrial(out, arm.name, seed, config);
      if (finished !== undefined) {
        trials.push(finished);
        report('reused', finished.outcome);
        continue;
      }
      if (stopped()) return { interrupted: true, trials };
      report('started');
      const directory = join(out, 'trials', `${arm.name}-seed${seed}`);
      await mkdir(directory, { recursive: true });
      const outcome = await options
        .runTrial({ arm, seed, directory, signal })
        .catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
      if (stopped() || outcome === undefined) return { interrupted: true, trials };
      checkOutcome(arm.name, seed, outcome);
      const record: TrialRecord = { schema: 1, arm: arm.name, seed, config, outcome };
      await writeTrial(out, record);
      trials.push(record);
      report('finished', outcome);
    }
  }
  const summary = summarise(
    arms.map(({ name }) => name),
    seeds,
    trials,
  );
  const results = validateResults({ ...summary, ...options.context });
  await writeFileAtomic(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  return { interrupted: false, trials, results };
}

function checkOutcome(arm: string, seed: number, outcome: TrialOutcome): void {
  for (const [metric, value] of Object.entries(outcome.metrics)) {
    const values = [value, ...(outcome.outcomes?.[metric] ?? [])];
    if (values.every(Number.isFinite)) continue;
    throw new NonFiniteError(`"${metric}" of arm "${arm}" under seed ${seed} is not finite`, {
      where: 'ablate',
      got: value,
    });
  }
}

function checkPlan(arms: readonly Arm<unknown>[], seeds: readonly number[]): void {
  const where = 'ablate';
  if (arms.length === 0 || seeds.length === 0) {
    throw new ConfigError('an ablation needs an arm and a seed', { where });
  }
  for (const { name } of arms) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      throw new ConfigError('the name of an arm is no file name', {
        where,
        expected: 'letters, digits, ".", "_" and "-"',
        got: name,
      });
    }
  }
  for (const seed of seeds) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ConfigError('a seed must be a whole number', {
        where,
        expected: '0 or more',
        got: seed,
      });
    }
  }
  for (const [what, list] of [
    ['arm', arms.map(({ name }) => name)],
    ['seed', seeds],
  ] as const) {
    const twice = list.find((entry, i) => list.indexOf(entry as never) !== i);
    if (twice !== undefined)
      throw new ConfigError(`the ${what} ${twice} is there twice`, { where });
  }
}
