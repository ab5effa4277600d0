import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runCommand, type Ended } from './run-command';

/** A command that takes long enough to be stopped. */
export interface LongCommand {
  readonly name: string;
  /** What it does between two looks at the signal. */
  readonly unit: string;
  /** What it needs besides the scenes in `folder`. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly args: (folder: string, out: string) => readonly string[];
  /** Equal where two calls came to the same. */
  readonly outcome: (out: string, ended: Ended) => Promise<string>;
}

const set = (...settings: readonly string[]): string[] => settings.flatMap((one) => ['--set', one]);
const captions = (folder: string): string => join(folder, 'scenes', 'captions.jsonl');

const train = (folder: string, out: string): string[] => [
  ...['train', '--preset', 'dual-encoder', '--captions', captions(folder), '--out', out],
  ...set('training.steps=60', 'training.batchSize=16'),
];

export const commands: readonly LongCommand[] = [
  {
    name: 'train',
    unit: 'a step of 16 pairs',
    args: train,
    // The checkpoint before it is of the step at which the run was stopped.
    outcome: (out) => digest(join(out, 'checkpoints'), (name) => name.startsWith('step-00000060')),
  },
  {
    name: 'ablate',
    unit: 'a step, a pass of 64 pictures',
    args: (folder, out) => [
      ...['ablate', '--preset', 'quickstart-short', '--captions', captions(folder), '--out', out],
      ...set('towers.batchSize=16', 'fusion.batchSize=8', 'seeds=[1,2]'),
    ],
    // Not the trials' records, which say how many seconds they took.
    outcome: (out) => digest(out, (name) => name.endsWith('.safetensors')),
  },
  {
    name: 'data make',
    unit: 'a picture',
    args: (_folder, out) => ['data', 'make', 'scenes', '--n', '4000', '--out', out],
    outcome: (out) => digest(out, () => true),
  },
  {
    name: 'eval',
    unit: 'a pass of 64 pictures',
    prepare: async (folder) => {
      await runCommand(train(folder, join(folder, 'evaluated')));
    },
    args: (folder) => ['eval', '--run', join(folder, 'evaluated'), '--split', 'train', '--json'],
    outcome: (_out, { stdout }) => Promise.resolve(stdout),
  },
];

/** A hash over the files of a folder that are wanted, with their names. */
async function digest(folder: string, wanted: (name: string) => boolean): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && wanted(entry.name));
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(relative(folder, file));
    hash.update(await readFile(file));
  }
  return hash.digest('hex');
}
