/** The commands of `crossweave` that the example runs, as functions. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { pretrained, saveModel } from '@crossweave/models';
import { interpolateWeights } from '@crossweave/trainer';
import { exitCode, main } from 'crossweave';
import { rowsOf } from './mixture';

/** Values by metric, `retrieval.i2t.r1` among them. */
export type Figures = Readonly<Record<string, number>>;
export interface Measured {
  readonly metrics: Figures;
  readonly chance: Figures;
}
export interface Trained extends Measured {
  readonly beforeTraining: Figures;
}

async function crossweave(...args: string[]): Promise<unknown> {
  let written = '';
  let errors = '';
  const code = await main([...args, '--json'], {
    stdout: { write: (text) => (written += text) },
    stderr: { write: (text) => (errors += text) },
    on: (event, listener) => process.on(event, listener),
    removeListener: (event, listener) => process.removeListener(event, listener),
    exit: (status) => process.exit(status),
  });
  if (code !== exitCode.done) {
    throw new Error(`crossweave ${args.join(' ')} ended with ${code}:\n${errors}`);
  }
  return JSON.parse(written);
}

/** Measures retrieval of a model on a split of a captions file, which `folder` gets a copy of. */
export async function zeroShot(
  model: string,
  captions: string,
  folder: string,
  split = 'test',
): Promise<Measured> {
  const rows = (await rowsOf(captions)).filter((row) => row.split === split);
  const copy = join(folder, `${split}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(copy, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const args = ['--model', model, '--captions', copy, '--split', split];
  return (await crossweave('eval', ...args)) as Measured;
}

/** Writes the model between a checkpoint and what it was fine-tuned to, and gives its folder. */
export async function between(checkpoint: string, tuned: string, share: number): Promise<string> {
  await useEngine();
  using before = await pretrained(checkpoint);
  using after = await pretrained(tuned);
  const folder = join(tuned, `share-${share}`);
  const { image, text, fusion } = after;
  const params = interpolateWeights(before.params, after.params, share);
  await saveModel(folder, {
    ...{ image: image!.part, text: text!.part, fusion: fusion!.part, params },
    preprocessing: image!.preprocessing,
    ...{ maxTokens: text!.maxTokens, tokenizer: text!.tokenizerFolder },
  });
  disposeParams(params);
  return folder;
}

/** Trains from a checkpoint into the folder `out`, where the model is then in `model/`. */
export async function fineTune(
  checkpoint: string,
  captions: string,
  out: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Trained> {
  const set = Object.entries(settings).flatMap(([path, value]) => [
    '--set',
    `${path}=${JSON.stringify(value)}`,
  ]);
  const named = ['--model', checkpoint, '--captions', captions, '--out', out];
  await crossweave('train', '--preset', 'fine-tune', ...named, ...set);
  return JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as Trained;
}
