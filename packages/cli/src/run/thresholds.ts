import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileFormatError, type FittedTask } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { z } from 'zod';
import type { Calibration } from './calibrate';

/** Classes that are named; the rest is counted. */
const most = 20;

/** Says which thresholds were fitted, on which split, and which classes had no pair for that. */
export function thresholdNotes(
  task: FittedTask | undefined,
  { split, thresholds, withoutPositives = [] }: Partial<Calibration> = {},
): string[] {
  if (task === undefined || split === undefined || thresholds === undefined) return [];
  const { classes } = task.facts as { readonly classes: readonly string[] };
  const values = classes.map((name, k) => `${name} ${thresholds.both[k]!.toFixed(3)}`);
  return [
    `Thresholds of largest F1 on "${split}", which predict uses: ${listed(values)}.`,
    ...(withoutPositives.length === 0
      ? []
      : [
          `No pair of "${split}" has ${listed(withoutPositives)}: there the usual threshold stays.`,
        ]),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const share = z.number().gt(0).lt(1);
const above0 = z.number().positive();
const resultsSchema = z.object({
  steps: z.int(),
  calibration: z
    .object({
      split: z.string(),
      temperature: above0,
      thresholds: z
        .object({
          both: z.array(share),
          image: z.array(share).optional(),
          text: z.array(share).optional(),
        })
        .optional(),
    })
    .optional(),
});

/** The calibration in the results of a run, of the state after so many steps. */
export interface RunCalibration extends Pick<Calibration, 'split' | 'temperature' | 'thresholds'> {
  readonly steps: number;
}

/**
 * What the results of a run say of its calibration; undefined for a run that has not ended, and for
 * one without it.
 *
 * @throws FileFormatError for damaged results.
 */
export async function calibrationOf(folder: string): Promise<RunCalibration | undefined> {
  const where = join(folder, 'results.json');
  if (!existsSync(where)) return undefined;
  const results = resultsSchema.safeParse(await readJson(where));
  if (!results.success) {
    throw new FileFormatError('these are not the results of a training run', {
      where,
      expected: 'a results.json that crossweave train wrote',
      got: results.error.issues[0]?.path.join('.'),
      advice: 'Run the same crossweave train again: it writes the results anew.',
    });
  }
  const { steps, calibration } = results.data;
  return calibration && { steps, ...calibration };
}
