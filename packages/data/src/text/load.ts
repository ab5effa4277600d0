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
import { readTokenizer } from './tokenizers-package';

/** What a tokenizer can be read by: the package that comes along, or an optional peer. */
export type TokenizerLibraryName = '@huggingface/tokenizers' | TransformersLibraryName;

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
 * The tokenizer of a folder with `tokenizer.json` and `tokenizer_config.json`. Nothing is
 * downloaded.
 *
 * @param library what reads it. Default `@huggingface/tokenizers`, which needs no other package and
 * gives the ids of `@huggingface/transformers`. The transformers libraries are optional peers.
 * @throws DataError when the folder lacks a file or a file is damaged
 * @throws ConfigError when a library is named that is not installed or cannot be imported
 */
export async function loadTokenizer(
  folder: string,
  { library = '@huggingface/tokenizers' }: { library?: TokenizerLibraryName } = {},
): Promise<Tokenizer> {
  const path = resolve(folder);
  const config = await readJson(join(path, 'tokenizer_config.json'));
  const tokenizer = await readJson(join(path, 'tokenizer.json'));
  const facts = { name: basename(path), vocabularySize: vocabularySize(path, tokenizer) };
  if (library === '@huggingface/tokenizers') {
    return fromTransformers(readTokenizer(path, tokenizer, config), facts);
  }
  const found = await importTransformers('loadTokenizer', imports, library);
  const { AutoTokenizer } = found.module as unknown as Tokenizers;
  return fromTransformers(
    await fromFolder(found, path, (name) =>
      AutoTokenizer.from_pretrained(name, { local_files_only: true }),
    ),
    facts,
  );
}

/** Highest id + 1 over the model's vocabulary and the added tokens. */
function vocabularySize(folder: string, tokenizer: object): number {
  const { model, added_tokens: added } = tokenizer as {
    model?: { vocab?: Record<string, number> | unknown[] };
    added_tokens?: { id: number }[];
  };
  const vocabulary = model?.vocab;
  if (vocabulary === undefined) {
    throw new DataError('the tokenizer has no vocabulary', {
      where: join(folder, 'tokenizer.json'),
      expected: 'model.vocab',
    });
  }
  const ids = Array.isArray(vocabulary) ? [vocabulary.length - 1] : Object.values(vocabulary);
  return [...ids, ...(added ?? []).map(({ id }) => id)].reduce((a, b) => Math.max(a, b), -1) + 1;
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
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
