import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { fromTransformers, type Tokenizer, type TransformersTokenizer } from './tokenizer';

export type TransformersLibraryName = '@xenova/transformers' | '@huggingface/transformers';

interface TransformersLibrary {
  readonly AutoTokenizer: {
    from_pretrained(name: string, options: { local_files_only: true }): Promise<unknown>;
  };
  readonly env: { localModelPath: string; useFSCache: boolean };
}

/** The library's settings are global to the process: one tokenizer is loaded at a time. */
let lastLoad: Promise<unknown> = Promise.resolve();

/**
 * The tokenizer of a folder with `tokenizer.json` and `tokenizer_config.json`, read through
 * `AutoTokenizer`. Nothing is downloaded.
 *
 * @param library default: `@xenova/transformers` if it is installed, else `@huggingface/transformers`
 * @throws DataError when the folder lacks a file or a file is damaged
 * @throws ConfigError when no library is installed, or it cannot be imported
 */
export async function loadTokenizer(
  folder: string,
  { library }: { library?: TransformersLibraryName } = {},
): Promise<Tokenizer> {
  const path = resolve(folder);
  const vocabularySize = await readVocabularySize(path);
  const { AutoTokenizer, env } = await importLibrary(library);
  const load = lastLoad.then(async () => {
    const { localModelPath, useFSCache } = env;
    env.localModelPath = `${dirname(path).replaceAll('\\', '/')}/`;
    // The file cache holds downloads by name and would win over a folder of the same name.
    env.useFSCache = false;
    try {
      return await AutoTokenizer.from_pretrained(basename(path), { local_files_only: true });
    } finally {
      env.localModelPath = localModelPath;
      env.useFSCache = useFSCache;
    }
  });
  lastLoad = load.catch(() => undefined);
  // Both libraries type their tokenizers differently; this is the part they share.
  const tokenizer = (await load) as TransformersTokenizer;
  return fromTransformers(tokenizer, { name: basename(path), vocabularySize });
}

/** Highest id + 1 over the model's vocabulary and the added tokens. */
async function readVocabularySize(folder: string): Promise<number> {
  await readJson(join(folder, 'tokenizer_config.json'));
  const file = join(folder, 'tokenizer.json');
  const { model, added_tokens: added } = (await readJson(file)) as {
    model?: { vocab?: Record<string, number> | unknown[] };
    added_tokens?: { id: number }[];
  };
  const vocabulary = model?.vocab;
  if (vocabulary === undefined) {
    throw new DataError('the tokenizer has no vocabulary', {
      where: file,
      expected: 'model.vocab',
    });
  }
  const ids = Array.isArray(vocabulary) ? [vocabulary.length - 1] : Object.values(vocabulary);
  return [...ids, ...(added ?? []).map(({ id }) => id)].reduce((a, b) => Math.max(a, b), -1) + 1;
}

async function readJson(file: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
    throw new TypeError('not a JSON object');
  } catch (cause) {
    throw new DataError('a tokenizer file is missing or damaged', {
      where: file,
      expected: 'a folder with tokenizer.json and tokenizer_config.json',
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Build one from your captions with buildVocabulary, or copy one of a trained model.',
      cause,
    });
  }
}

async function importLibrary(name?: TransformersLibraryName): Promise<TransformersLibrary> {
  const failures: unknown[] = [];
  for (const candidate of ['@xenova/transformers', '@huggingface/transformers'] as const) {
    if (name !== undefined && name !== candidate) continue;
    try {
      return (await import(candidate)) as TransformersLibrary;
    } catch (error) {
      failures.push(error);
    }
  }
  // A library that is there but fails says more than one that is absent.
  const cause =
    failures.find((error) => !(error instanceof Error && isAbsent(error))) ?? failures[0];
  throw new ConfigError('no tokenizer library could be imported', {
    where: 'loadTokenizer',
    expected: name ?? '@xenova/transformers or @huggingface/transformers',
    got: cause instanceof Error ? cause.message : String(cause),
    advice:
      'Install one: npm i @huggingface/transformers. @xenova/transformers needs a working sharp: override its sharp with version 0.35.',
    cause,
  });
}

function isAbsent(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
