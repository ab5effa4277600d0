import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, NonFiniteError } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import { checkPlan } from './plan-checks';
import type { AblationResults } from './results';
import { summarise, type AblationContext } from './summarise';
import {
  configHash,
  readTrial,
  writeTrial,
  type TrialOutcome,
  type TrialRecord,
} from './trial-file';
import { validateResults } from './validate-results';

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
  /** Existing folder of the trial's own, for checkpoints and logs; it may hold those of another `config`. */
  readonly directory: string;
  /** SHA-256 of what the trial depends on: arm, seed, `shared`. */
  readonly config: string;
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
  /** What stands beside the trials in the results: chance, baselines, data. */
  readonly context?: AblationContext;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AblationProgress) => void;
}

export interface AblationProgress {
  /** `discarded`: the trial's file was damaged; it is run again. */
  readonly kind: 'started' | 'finished' | 'reused' | 'discarded';
  readonly arm: string;
  readonly seed: number;
  /** Trials finished, of how many. */
  readonly done: number;
  readonly total: number;
  readonly outcome?: TrialOutcome;
  /** Why a file was discarded. */
  readonly reason?: string;
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
 * @throws ConfigError for an option out of range: duplicate or unusable names, seeds that are no
 * seeds, a context that does not fit; DataError for a folder that cannot be written;
 * NonFiniteError for a metric that is no number; what a trial throws. Trials finished before are kept.
 */
export async function ablate<Config>(options: AblateOptions<Config>): Promise<AblationEnd> {
  checkPlan(options);
  const { arms, seeds, out, onProgress } = options;
  const signal = options.signal ?? new AbortController().signal;
  // A function, since the signal changes while a trial runs.
  const stopped = (): boolean => signal.aborted;
  const trials: TrialRecord[] = [];
  const total = arms.length * seeds.length;
  for (const seed of seeds) {
    for (const arm of arms) {
      const report = (
        kind: AblationProgress['kind'],
        more: Pick<AblationProgress, 'outcome' | 'reason'> = {},
      ): void => onProgress?.({ kind, arm: arm.name, seed, done: trials.length, total, ...more });
      const config = configHash({ arm: arm.config, seed, shared: options.shared });
      const found = await readTrial(out, arm.name, seed, config);
      if (found !== undefined && 'record' in found) {
        trials.push(found.record);
        report('reused', { outcome: found.record.outcome });
        continue;
      }
      if (found !== undefined) report('discarded', { reason: found.damage });
      if (stopped()) return { interrupted: true, trials };
      report('started');
      const directory = join(out, 'trials', `${arm.name}-seed${seed}`);
      await makeFolder(directory);
      const outcome = await options
        .runTrial({ arm, seed, directory, config, signal })
        .catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
      if (stopped() || outcome === undefined) return { interrupted: true, trials };
      checkOutcome(arm.name, seed, outcome);
      const record: TrialRecord = { schema: 1, arm: arm.name, seed, config, outcome };
      await writeTrial(out, record);
      trials.push(record);
      report('finished', { outcome });
    }
  }
  const names = arms.map(({ name }) => name);
  const results = validateResults(summarise(names, seeds, trials, options.context));
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

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new DataError('the folder cannot be made', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Name a folder for the results that can be written.',
      cause,
    });
  });
}
