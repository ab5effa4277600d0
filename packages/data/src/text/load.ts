import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import {
  fromFolder,
  importTransformers,
  type TransformersImports,
  type TransformersLibraryName,
} from '@crossweave/core/node';
import { fromTransformers, type Tokenizer, type TransformersTokenizer } from './tokenizer';

const imports: TransformersImports = {
  '@xenova/transformers': () => import('@xenova/transformers'),
  '@huggingface/transformers': () => import('@huggingface/transformers'),
};

/** What is used here of either library; each types its tokenizers differently. */
interface Tokenizers {
  readonly AutoTokenizer: {
    from_pretrained(name: string, options: object): Promise<TransformersTokenizer>;
  };
}

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
  const found = await importTransformers('loadTokenizer', imports, library);
  const { AutoTokenizer } = found.module as unknown as Tokenizers;
  const tokenizer = await fromFolder(found, path, (name) =>
    AutoTokenizer.from_pretrained(name, { local_files_only: true }),
  );
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
