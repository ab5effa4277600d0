import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { fields, text } from '@crossweave/core/authoring';
import { readJson, writeJsonAtomic } from '@crossweave/core/node';

/** What a run's folder says of the MLflow run that its records go to. */
interface RememberedRun {
  readonly url: string;
  readonly experiment: string;
  readonly runId: string;
}

const fileOf = (folder: string): string => join(folder, 'mlflow.json');
const check = fields({ url: text(), experiment: text(), runId: text() }, [
  'url',
  'experiment',
  'runId',
]);

/** @throws FileFormatError when the file is damaged. */
export async function rememberedRun(folder: string): Promise<RememberedRun | undefined> {
  const where = fileOf(folder);
  if (!existsSync(where)) return undefined;
  const run = await readJson(where);
  if (check.accepts(run)) return run as RememberedRun;
  throw new FileFormatError('the note of the MLflow run is damaged', {
    where,
    expected: check.expected,
    advice: 'Remove it: a new MLflow run is then made.',
  });
}

export async function rememberRun(folder: string, run: RememberedRun): Promise<void> {
  await writeJsonAtomic(fileOf(folder), run);
}

export async function forgetRun(folder: string): Promise<void> {
  await rm(fileOf(folder), { force: true });
}
