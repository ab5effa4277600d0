import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { holdsSteps } from '@crossweave/trainer/node';

/** Whether an ablation has trained anything in the folder: towers, or a trial. */
export async function holdsTrials(out: string): Promise<boolean> {
  if (!existsSync(join(out, 'run.json'))) return false;
  return (await readdir(out)).some((name) => name === 'trials' || name.startsWith('towers-'));
}

/**
 * A folder holds one training run or one ablation: both write `run.json`, `results.json` and
 * `tokenizer/`.
 *
 * @throws ConfigError when the folder holds what the other command has trained.
 */
export async function requireFolderOf(command: 'train' | 'ablate', out: string): Promise<void> {
  const other = command === 'train' ? await holdsTrials(out) : await holdsSteps(out);
  if (!other) return;
  throw new ConfigError(
    command === 'train' ? 'the folder holds an ablation' : 'the folder holds a training run',
    {
      where: out,
      expected: `a new folder, or one that crossweave ${command} wrote`,
      advice: 'Choose another --out.',
    },
  );
}
