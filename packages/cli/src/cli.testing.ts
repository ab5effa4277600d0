import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subtree } from '@crossweave/core';
import { loadPairs } from '@crossweave/data';
import { encodeSplit, evaluateFusion } from '@crossweave/lab';
import { pretrained } from '@crossweave/models';
import { main } from './main';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function run(...args: string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const code = await main(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    on: () => undefined,
    removeListener: () => undefined,
    exit: () => undefined,
  });
  return { code, ...written };
}

/** A command line in a process of its own. */
export class Child {
  readonly process: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env) {
    const source = fileURLToPath(new URL('../../../benchmarks/source.mjs', import.meta.url));
    const program = fileURLToPath(new URL('./bin.ts', import.meta.url));
    const loaders = [import.meta.resolve('tsx'), source].flatMap((each) => ['--import', each]);
    this.process = spawn(
      process.execPath,
      [...loaders, '--conditions=@crossweave/source', program, ...args],
      { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.process.stdout!.on('data', (text: Buffer) => (this.#stdout += text.toString()));
    this.process.stderr!.on('data', (text: Buffer) => (this.#stderr += text.toString()));
  }

  /** Waits until it has written something to stderr. */
  async says(text: string | RegExp): Promise<void> {
    while (!(typeof text === 'string' ? this.#stderr.includes(text) : text.test(this.#stderr))) {
      if (this.process.exitCode !== null) throw new Error(`it ended: ${this.#stderr}`);
      await once(this.process.stderr!, 'data');
    }
  }

  async ended(): Promise<Ended & { readonly signal: NodeJS.Signals | null }> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await once(this.process, 'close');
    }
    return {
      code: this.process.exitCode ?? -1,
      signal: this.process.signalCode,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }
}

/** A model of a few hundred parameters: what is tested is what is around it. */
export const tinyModel = {
  image: { name: 'resnet', options: { layers: [1], widths: [4] } },
  text: { name: 'bert', options: { dim: 8, layers: 2, heads: 2 } },
  fusion: { name: 'dual-encoder', options: { dim: 8 } },
};

/** A config of `train` in a file. */
export async function writeTiny(
  file: string,
  { data = {}, training = {}, ...rest }: Readonly<Record<string, object>> = {},
): Promise<string> {
  const config = {
    data: { captions: 'captions.jsonl', imageSize: 16, maxTokens: 20, ...data },
    ...tinyModel,
    training: { loss: { name: 'info-nce' }, steps: 2, batchSize: 4, ...training },
    ...rest,
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Sample data of 24 small pictures; gives the captions file. */
export async function makeScenes(folder: string): Promise<string> {
  await run('data', 'make', 'scenes', '--n', '24', '--size', '16', '--out', folder);
  return join(folder, 'captions.jsonl');
}

/** A small checkpoint of random weights. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../models/fixtures/${name}`, import.meta.url));

/** The figures of a checkpoint as it is, by the library alone. */
export async function figuresOf(
  from: string,
  captions: string,
): Promise<Readonly<Record<string, number>>> {
  using model = await pretrained(from);
  const { image, text, fusion, params } = model;
  const { preprocessing } = image!;
  const { tokenizer, maxTokens } = text!;
  const data = await loadPairs({ captions, preprocessing, tokenizer, maxTokens });
  const cache = await encodeSplit({
    split: data.split('test'),
    image: { encoder: image!.encoder, params: subtree(params, 'image.') },
    text: { encoder: text!.encoder, params: subtree(params, 'text.') },
  });
  const own = { fusion: fusion!.fusion, params: subtree(params, 'fusion.') };
  const { metrics } = await evaluateFusion(own, cache);
  return metrics;
}
