import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { number } from '@crossweave/core/authoring';
import type { Tokenizer } from './tokenizer';

/** The files of a tokenizer that decide its ids, in the order in which they are fingerprinted. */
export const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json'] as const;

/** The contents of {@link tokenizerFiles}. */
export type TokenizerFiles = Readonly<Record<(typeof tokenizerFiles)[number], string | Uint8Array>>;

/** SHA-256 over names and contents, as `sha256:…`. */
export function fingerprintTokenizer(files: TokenizerFiles): string {
  const whole = createHash('sha256');
  for (const name of tokenizerFiles) {
    whole.update(`${name} ${createHash('sha256').update(files[name]).digest('hex')}\n`);
  }
  return `sha256:${whole.digest('hex')}`;
}

/** @throws DataError when the folder lacks a file */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const [tokenizer, config] = await Promise.all(
    tokenizerFiles.map(async (name) => {
      const file = join(folder, name);
      try {
        return await readFile(file);
      } catch (cause) {
        throw damagedFile(file, cause instanceof Error ? cause.message : String(cause), cause);
      }
    }),
  );
  return { 'tokenizer.json': tokenizer!, 'tokenizer_config.json': config! };
}

type Contents = Readonly<Record<string, unknown>>;

/** Contents of {@link tokenizerFiles}, parsed. */
export interface ParsedTokenizer {
  readonly tokenizer: Contents;
  readonly config: Contents;
}

/** What is read here of both files. */
export interface TokenizerContents extends Pick<Tokenizer, 'truncation'> {
  /** Highest id + 1 over the vocabulary and the added tokens. */
  readonly vocabularySize: number;
  /** The id of the token for words that the vocabulary lacks, unless every text can be spelled. */
  readonly unknownId?: number;
}

/** More ids than entries: a table of so many rows would be mostly empty, or larger than memory. */
const spareIds = 1000;

/** @throws DataError when a file is no JSON object */
export function parseTokenizer(folder: string, files: TokenizerFiles): ParsedTokenizer {
  return {
    config: parseObject(folder, files, 'tokenizer_config.json'),
    tokenizer: parseObject(folder, files, 'tokenizer.json'),
  };
}

/**
 * Checks the two files, as far as ids depend on them.
 *
 * @param folder for messages
 * @throws DataError when ids are no ids, or the files contradict each other
 */
export function contentsOf(
  folder: string,
  { config, tokenizer: contents }: ParsedTokenizer,
): TokenizerContents {
  requireOneCase(folder, config, contents);
  const file = join(folder, 'tokenizer.json');
  const model = objectOf(contents['model']);
  const vocabulary = idsOf(model?.['vocab']);
  if (model === undefined || vocabulary === undefined || vocabulary.size === 0) {
    throw damagedFile(file, 'no model.vocab');
  }
  const added = contents['added_tokens'] ?? [];
  if (!Array.isArray(added)) throw damagedFile(file, 'added_tokens that are no list');
  const ids: unknown[] = [
    ...vocabulary.values(),
    ...added.map((token: unknown) => objectOf(token)?.['id']),
  ];
  const most = 2 * ids.length + spareIds;
  const { accepts } = number({ integer: true, min: 0, below: most });
  const wrong = ids.find((id) => !accepts(id));
  if (!ids.every(accepts)) {
    throw damagedFile(
      file,
      `the id ${JSON.stringify(wrong)} among ${ids.length} (a whole number below ${most})`,
    );
  }
  const unknownId = unknownIdOf(model, vocabulary, contents['pre_tokenizer']);
  const truncation = truncationOf(config, objectOf(contents['truncation']));
  return {
    vocabularySize: ids.reduce<number>((most, id) => Math.max(most, id as number), 0) + 1,
    ...(unknownId !== undefined && { unknownId }),
    ...(truncation !== undefined && { truncation }),
  };
}

/** `model_max_length` is a huge number where nothing is cut. */
function truncationOf(config: Contents, truncation: Contents = {}): Tokenizer['truncation'] {
  const side = String(config['truncation_side'] ?? truncation['direction']).toLowerCase();
  const length = config['model_max_length'];
  const hasLength = typeof length === 'number' && length >= 1;
  if (side !== 'left' && !hasLength) return undefined;
  return { side: side === 'left' ? side : 'right', ...(hasLength && { maxTokens: length }) };
}

/**
 * BERT's tokenizers of Python take `do_lower_case` and change the normalizer by it; those of JavaScript read
 * the normalizer alone.
 *
 * @throws DataError where the two files would give a text different ids
 */
function requireOneCase(
  folder: string,
  { do_lower_case: asked }: Contents,
  { normalizer }: Contents,
): void {
  const { type, lowercase } = objectOf(normalizer) ?? {};
  if (type !== 'BertNormalizer' || typeof asked !== 'boolean') return;
  if (typeof lowercase !== 'boolean' || lowercase === asked) return;
  throw new DataError('the files of the tokenizer contradict each other', {
    where: folder,
    expected: `do_lower_case: ${lowercase} in tokenizer_config.json, as the normalizer of tokenizer.json has it`,
    got: `do_lower_case: ${asked}`,
    advice: 'Correct the file that is wrong: libraries differ in which of them they follow.',
  });
}

/** Of `{token: id}`, or of a list in the order of the ids (Unigram: of [token, score]). */
function idsOf(vocabulary: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(vocabulary)) {
    return new Map(
      vocabulary.map((entry: unknown, id) => {
        const token: unknown = Array.isArray(entry) ? entry[0] : entry;
        return [String(token), id];
      }),
    );
  }
  const entries = objectOf(vocabulary);
  return entries === undefined ? undefined : new Map(Object.entries(entries));
}

function unknownIdOf(
  model: Contents,
  vocabulary: ReadonlyMap<string, unknown>,
  preTokenizer: unknown,
): number | undefined {
  // Bytes are in the vocabulary, so that no word is unknown to it.
  if (model['byte_fallback'] === true || usesBytes(preTokenizer)) return undefined;
  const id = model['unk_id'] ?? vocabulary.get(String(model['unk_token']));
  return typeof id === 'number' && number({ integer: true, min: 0 }).accepts(id) ? id : undefined;
}

function usesBytes(preTokenizer: unknown): boolean {
  const part = objectOf(preTokenizer);
  if (part?.['type'] === 'ByteLevel') return true;
  const parts = part?.['pretokenizers'];
  return Array.isArray(parts) && parts.some((each) => objectOf(each)?.['type'] === 'ByteLevel');
}

/** The content of one of the files. @throws DataError when it is no JSON object */
function parseObject(folder: string, files: TokenizerFiles, name: keyof TokenizerFiles): Contents {
  const file = join(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(files[name]).toString('utf8'));
  } catch (cause) {
    throw damagedFile(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const object = objectOf(value);
  if (object === undefined) throw damagedFile(file, 'no JSON object');
  return object;
}

function objectOf(value: unknown): Contents | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function damagedFile(where: string, got: string, cause?: unknown): DataError {
  return new DataError('a tokenizer file is missing or damaged', {
    where,
    expected: 'a folder with tokenizer.json and tokenizer_config.json, as Hugging Face writes them',
    got,
    advice: 'Build one from your captions with buildVocabulary, or copy one of a trained model.',
    cause,
  });
}
