import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { count, fields, listOf } from '@crossweave/core/authoring';
import { readJson, writeJsonAtomic } from '@crossweave/core/node';
import { RunMismatchError } from './identity';

/** The content of a run's `plan.json`. */
export interface RunPlan {
  /** Steps in all. */
  readonly steps: number;
  /** How it came to be so many, the earliest first. */
  readonly extended?: readonly { readonly from: number; readonly to: number }[];
}

const planFile = (folder: string): string => join(folder, 'plan.json');
const check = fields(
  {
    steps: count(),
    extended: listOf(fields({ from: count(), to: count() }, ['from', 'to'])),
  },
  ['steps'],
);

/**
 * How many steps a run is to have, undefined for one that was made without a plan.
 *
 * @throws FileFormatError when the file is damaged.
 */
export async function readPlan(folder: string): Promise<RunPlan | undefined> {
  const where = planFile(folder);
  if (!existsSync(where)) return undefined;
  const plan = await readJson(where);
  if (check.accepts(plan)) return plan as RunPlan;
  throw new FileFormatError('the plan of the run is damaged', { where, expected: check.expected });
}

/**
 * Writes the plan of a new run, or compares with it.
 *
 * @throws RunMismatchError for another number of steps, unless it is larger and `extend` is true.
 */
export async function planRun(folder: string, steps: number, extend: boolean): Promise<void> {
  const plan = await readPlan(folder);
  if (plan?.steps === steps) return;
  if (plan === undefined) return writeJsonAtomic(planFile(folder), { steps });
  if (!extend || steps < plan.steps) {
    const advice =
      steps > plan.steps
        ? `The run was planned for ${plan.steps} steps: pass extend (crossweave train --extend ${steps}) to train it further.`
        : `The run was made for ${plan.steps} steps: pass that number.`;
    throw new RunMismatchError(
      folder,
      [{ path: 'steps', earlier: plan.steps, now: steps }],
      advice,
    );
  }
  const extended = [...(plan.extended ?? []), { from: plan.steps, to: steps }];
  await writeJsonAtomic(planFile(folder), { steps, extended });
}

export async function removePlan(folder: string): Promise<void> {
  await rm(planFile(folder), { force: true });
}
