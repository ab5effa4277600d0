import { join } from 'node:path';
import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { unusedRows } from '../transformer/tokenizer';

/** The token ids that a model was trained with, by its `config.json`. */
export interface FolderTokens {
  /** Rows of the word table. */
  readonly vocabulary: number | undefined;
  readonly padId: number | undefined;
  /** The token that ends a text, or `'largest'` where Hugging Face's CLIP takes the largest id. */
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
    // CLIP's configs name an id that its tokenizers do not pad with.
    padId: clip ? undefined : idOf(text['pad_token_id']),
    // 2 is what early conversions of CLIP wrote by mistake.
    endOfText: clip && end === 2 ? 'largest' : end,
  };
}

/** @throws ConfigError when the ids of the tokenizer cannot be those of the model; it names both. */
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
      advice: 'Use the tokenizer of the model: its files lie in its folder.',
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
    refuse('the tokenizer pads with another id than the model', `${model.padId}`, `${padId}`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function idOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
