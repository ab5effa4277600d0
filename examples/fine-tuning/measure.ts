/** The commands of `crossweave` that the example runs, as functions. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCode, main } from 'crossweave';

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

/** Measures retrieval of a model on the test records of a captions file, which `folder` gets a copy of. */
export async function zeroShot(model: string, captions: string, folder: string): Promise<Measured> {
  const lines = (await readFile(captions, 'utf8')).split('\n').filter((line) => line !== '');
  const test = lines.filter((line) => (JSON.parse(line) as { split?: string }).split === 'test');
  const copy = join(folder, 'test.jsonl');
  await mkdir(folder, { recursive: true });
  await writeFile(copy, test.map((line) => `${line}\n`).join(''));
  const args = ['--model', model, '--captions', copy, '--images', dirname(captions)];
  return (await crossweave('eval', ...args, '--split', 'test')) as Measured;
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
