import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporaries, type FolderLock } from '@crossweave/core/node';
import {
  differencesOf,
  readRun,
  recordRun,
  replaceRecord,
  requireSameRun,
  RunMismatchError,
  type RunIdentity,
} from '@crossweave/trainer/node';
import type { AblationConfig } from '../config/schema';
import { ownTokenizer } from '../config/open-data';
import { holdsTrials, requireFolderOf } from './folder-kind';
import { configIdentity } from './identity';

/** What opens the record of an ablation, besides its config. */
export interface AblationRecordOptions {
  readonly fingerprints: RunIdentity;
  readonly description: object;
  readonly keepTokenizer: () => Promise<void>;
}

/**
 * Refuses a folder that holds trials of something else, as far as is known. Arms and seeds may be
 * added to an ablation or left out of it; an arm that is there under its name must be the same,
 * since its trials would be written over.
 *
 * @throws RunMismatchError that names what differs, ConfigError for the folder of a training run.
 */
export async function requireSameAblation(
  out: string,
  config: AblationConfig,
  fingerprints: RunIdentity = {},
): Promise<void> {
  await requireFolderOf('ablate', out);
  if (!(await holdsTrials(out))) return;
  await requireSameRun(out, { ...identityOf(config), ...fingerprints });
  await requireSameArms(out, config);
}

/** An ablation's folder; closing it takes away what was written if nothing was trained. */
export interface AblationRecord extends AsyncDisposable {
  readonly path: string;
}

/** Writes the folder's `run.json` and tokenizer, or checks that they are of this ablation. */
export async function openAblation(
  lock: FolderLock,
  config: AblationConfig,
  { fingerprints, description, keepTokenizer }: AblationRecordOptions,
): Promise<AblationRecord> {
  const out = lock.path;
  await requireFolderOf('ablate', out);
  await removeTemporaries(out);
  const identity = { ...identityOf(config), ...fingerprints };
  const hadTokenizer = existsSync(ownTokenizer(out));
  const isNew = !(await holdsTrials(out));
  const now = { ...description, seeds: config.seeds, arms: config.arms };
  if (isNew && existsSync(join(out, 'run.json'))) await replaceRecord(out, identity, now);
  else if (!(await recordRun(out, identity, now))) {
    const arms = { ...(await requireSameArms(out, config)), ...config.arms };
    await replaceRecord(out, identity, { ...now, arms });
  }
  await keepTokenizer();
  return {
    path: out,
    async [Symbol.asyncDispose]() {
      if (!isNew || (await holdsTrials(out))) return;
      await rm(join(out, 'run.json'), { force: true });
      if (!hadTokenizer) await rm(ownTokenizer(out), { recursive: true, force: true });
    },
  };
}

/** What of the config makes all trials; arms are compared one by one. */
function identityOf(config: AblationConfig): RunIdentity {
  const { data, model, task, image, text, towers, fusion, top } = config;
  return configIdentity('ablate', {
    ...{ data, image, text, towers, fusion, top },
    ...(task && { task }),
    ...(model && { model }),
  });
}

/** @returns the arms that the folder's record has */
async function requireSameArms(
  out: string,
  { arms }: AblationConfig,
): Promise<Readonly<Record<string, unknown>>> {
  const { arms: recorded } = await readRun(out);
  const earlier = Object(recorded) as Record<string, unknown>;
  const names = Object.keys(arms).filter((name) => Object.hasOwn(earlier, name));
  const differences = names.flatMap((name) => {
    const now: unknown = JSON.parse(JSON.stringify(arms[name]));
    return differencesOf(earlier[name], now, `config.arms.${name}`);
  });
  if (differences.length > 0) throw new RunMismatchError(out, differences);
  return earlier;
}
