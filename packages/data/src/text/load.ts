import { basename, resolve } from 'node:path';
import { isCrossweaveError } from '@crossweave/core';
import { checkOptions, oneOf, requireText, type Checks } from '@crossweave/core/authoring';
import {
  fromFolder,
  importTransformers,
  type TransformersImports,
  type TransformersLibraryName,
} from '@crossweave/core/node';
import { damagedFile, fingerprintTokenizer, parseTokenizer, readTokenizerFiles } from './files';
import { fromTransformers, type Tokenizer, type TransformersTokenizer } from './tokenizer';

/** In the order in which they are tried. */
export const transformersImports: TransformersImports = {
  '@huggingface/transformers': () => import('@huggingface/transformers'),
  '@xenova/transformers': () => import('@xenova/transformers'),
};

/** What is used here of either library; each types its tokenizers differently. */
interface Tokenizers {
  readonly AutoTokenizer: {
    from_pretrained(name: string, options: object): Promise<TransformersTokenizer>;
  };
}

export interface LoadTokenizerOptions {
  /** Default: `@huggingface/transformers` if it is installed, else `@xenova/transformers`. */
  readonly library?: TransformersLibraryName;
}

export const loadTokenizerChecks: Checks<LoadTokenizerOptions> = {
  library: oneOf('@huggingface/transformers', '@xenova/transformers'),
};

/**
 * The tokenizer of a folder with `tokenizer.json` and `tokenizer_config.json`, read through
 * `AutoTokenizer`. Nothing is downloaded.
 *
 * @throws DataError when the folder lacks a file, a file is damaged, or its ids are no ids
 * @throws ConfigError for a wrong option, and when no library is installed or can be imported
 */
export async function loadTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<Tokenizer> {
  requireText('loadTokenizer', 'folder', folder);
  checkOptions('loadTokenizer', options, loadTokenizerChecks);
  const path = resolve(folder);
  const files = await readTokenizerFiles(path);
  const contents = parseTokenizer(path, files);
  const library = await importTransformers('loadTokenizer', transformersImports, options.library);
  const { AutoTokenizer } = library.module as unknown as Tokenizers;
  const tokenizer = await typed(path, () =>
    fromFolder(library, path, (name) =>
      AutoTokenizer.from_pretrained(name, { local_files_only: true }),
    ),
  );
  return fromTransformers(tokenizer, {
    name: basename(path),
    fingerprint: fingerprintTokenizer(files),
    ...contents,
  });
}

/** What the library makes of damaged files are errors of any kind. */
async function typed<Result>(path: string, load: () => Promise<Result>): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    if (isCrossweaveError(cause)) throw cause;
    throw damagedFile(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
