import { join } from 'node:path';
import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { unusedRows } from '../transformer/tokenizer';

/** The token ids with which a model was trained, from its `config.json`. */
export interface FolderTokens {
  /** Number of rows of the word table. */
  readonly vocabulary: number | undefined;
  readonly padId: number | undefined;
  /**
   * The id of the token that ends a text, or `'largest'` if Hugging Face's CLIP takes the largest
   * id.
   */
  readonly endOfText: number | 'largest' | undefined;
}

/** @throws DataError or FileFormatError when the folder has no readable `config.json`. */
export async function readFolderTokens(folder: string): Promise<FolderTokens> {
  const config = fieldsOf(await readJson(join(folder, 'config.json')));
  const text = fieldsOf(config['text_config'] ?? config);
  const clip = String(text['model_type'] ?? config['model_type']).startsWith('clip');
  const end = idOf(text['eos_token_id']);
  return {
    vocabulary: idOf(text['vocab_size']),
    // The padding id in CLIP's configs is not the one that its tokenizers use.
    padId: clip ? undefined : idOf(text['pad_token_id']),
    // Early conversions of CLIP wrote 2 by mistake.
    endOfText: clip && end === 2 ? 'largest' : end,
  };
}

/** @throws ConfigError when the tokenizer cannot be that of the model; it names the ids of both. */
export function requireFolderTokenizer(
  where: string,
  { name, vocabularySize, padId }: TokenizerFacts,
  model: FolderTokens,
): void {
  const refuse = (what: string, expected: string, got: string): never => {
    throw new ConfigError(what, {
      where,
      expected,
      got: `${got} (${name})`,
      advice: 'Use the tokenizer of the model, whose files are in its folder.',
    });
  };
  const { vocabulary = vocabularySize } = model;
  if (vocabularySize > vocabulary || unusedRows(vocabulary, vocabularySize)) {
    refuse(
      'the tokenizer is not that of the model',
      `ids for a word table of ${vocabulary} rows`,
      `${vocabularySize} ids`,
    );
  }
  if (model.padId !== undefined && model.padId !== padId) {
    refuse('the tokenizer and the model have different padding ids', `${model.padId}`, `${padId}`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function idOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
