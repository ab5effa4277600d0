import { basename, resolve } from 'node:path';
import { ConfigError, isCrossweaveError } from '@crossweave/core';
import { checkOptions, oneOf, requireText, type Checks } from '@crossweave/core/authoring';
import {
  fromFolder,
  importTransformers,
  type TransformersImports,
  type TransformersLibraryName,
} from '@crossweave/checkpoints/node';
import {
  contentsOf,
  damagedFile,
  fingerprintTokenizer,
  parseTokenizer,
  readTokenizerFiles,
} from './files';
import { fromTransformers, type Tokenizer, type TransformersTokenizer } from './tokenizer';
import { readTokenizer } from './read-tokenizer';

const transformersImports: TransformersImports = {
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
  /**
   * What reads the files, an optional peer; tokenizers that give other ids with it than in Python are
   * refused. Default: they are read here, by the rules of Python's library `tokenizers`.
   */
  readonly library?: TransformersLibraryName;
}

export const loadTokenizerChecks: Checks<LoadTokenizerOptions> = {
  library: oneOf(...Object.keys(transformersImports)),
};

/**
 * The tokenizer of a folder with `tokenizer.json` and `tokenizer_config.json`. Nothing is
 * downloaded.
 *
 * @throws DataError when the folder lacks a file, a file is damaged, or its ids are no ids
 * @throws ConfigError for a wrong option, and when the library is not installed or fails on import
 */
export async function loadTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<Tokenizer> {
  requireText('loadTokenizer', 'folder', folder);
  checkOptions('loadTokenizer', options, loadTokenizerChecks);
  const { library } = options;
  const path = resolve(folder);
  const files = await readTokenizerFiles(path);
  const parsed = parseTokenizer(path, files);
  const contents = contentsOf(path, parsed);
  const own = readTokenizer(path, parsed);
  const tokenizer = library === undefined ? own : await fromLibrary(path, library, own);
  return fromTransformers(tokenizer, {
    name: basename(path),
    fingerprint: fingerprintTokenizer(files),
    ...contents,
  });
}

/** Ordinary texts, in which libraries differ that do not have all parts of tokenizers as Python has them. */
const ordinaryTexts = [
  "A red Circle left of the blue square, isn't it?",
  'Café — naïve (3.14)!',
  '東京 2024',
  'a pair of x_1, well-known…',
];

async function fromLibrary(
  path: string,
  name: TransformersLibraryName,
  own: TransformersTokenizer,
): Promise<TransformersTokenizer> {
  const library = await importTransformers('loadTokenizer', transformersImports, name);
  const { AutoTokenizer } = library.module as unknown as Tokenizers;
  const idsBy = (tokenizer: TransformersTokenizer, text: string): string =>
    tokenizer(text, { add_special_tokens: true, return_tensor: false }).input_ids.join();
  try {
    const read = await fromFolder(library, path, (folder) =>
      AutoTokenizer.from_pretrained(folder, { local_files_only: true }),
    );
    const other = ordinaryTexts.find((text) => idsBy(read, text) !== idsBy(own, text));
    if (other === undefined) return read;
    throw new ConfigError('the library gives other ids than the one of Python', {
      where: path,
      expected: `the ids ${idsBy(own, other)} for ${JSON.stringify(other)}`,
      got: `${idsBy(read, other)} by ${name}`,
      advice: 'Leave the option library out.',
    });
  } catch (cause) {
    // What the library makes of damaged files are errors of any kind.
    if (isCrossweaveError(cause)) throw cause;
    throw damagedFile(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
