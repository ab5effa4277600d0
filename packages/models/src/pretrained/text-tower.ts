import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { loadTokenizer, type Tokenizer } from '@crossweave/data';
import { createTextEncoder } from '@crossweave/text-encoder';
import type { TextDescription } from './families/description';
import type { ModelFiles } from './model-files';
import type { PretrainedOptions, PretrainedText } from './types';

/** The longest text that the data takes. */
const longest = 512;

/**
 * A text tower with the tokenizer beside its weights.
 *
 * @throws DataError when there is no tokenizer; ConfigError when it does not fit the word table, reads texts in
 *   another way than is done here, or `maxTokens` does not fit the positions.
 */
export async function textOf(
  files: ModelFiles,
  { part, positions, cutAt = longest, lowercase = false }: TextDescription,
  { maxTokens: asked, tokenizer: folder = files.folder }: PretrainedOptions,
): Promise<PretrainedText> {
  if (!existsSync(join(folder, 'tokenizer.json'))) {
    throw new DataError(
      'the tokenizer of the weights is not there: their ids mean nothing without',
      {
        where: folder,
        expected: 'tokenizer.json and tokenizer_config.json beside the weights',
        advice:
          'Put the files of the same repository there, or name their folder in the option "tokenizer". A vocab.txt or merges.txt alone becomes a tokenizer.json with AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers.',
      },
    );
  }
  if (asked !== undefined && asked > positions) {
    throw new ConfigError('"maxTokens" is more than the checkpoint has positions for', {
      where: files.folder,
      expected: `at most ${positions}`,
      got: asked,
    });
  }
  const tokenizer = await loadTokenizer(folder);
  if (lowercase) requireSmallLetters(folder, tokenizer);
  const maxTokens = asked ?? Math.min(positions, longest, cutAt, lengthOf(tokenizer, folder));
  const encoder = createTextEncoder(part.name, part.options, {
    ...{ tokenizer, maxTokens, pretrained: true },
  });
  return { part, encoder, tokenizer, tokenizerFolder: folder, maxTokens };
}

/**
 * Where the tokenizer's files cut a text.
 *
 * @throws ConfigError where they keep the end of a text instead of its beginning.
 */
function lengthOf({ truncation }: Tokenizer, where: string): number {
  if (truncation?.side === 'left') {
    throw new ConfigError('the tokenizer keeps the end of a text that is too long', {
      where,
      expected: '"truncation_side": "right", the beginning, which is kept here',
      got: 'left',
    });
  }
  return truncation?.maxTokens ?? Infinity;
}

/** @throws ConfigError where the tokenizer reads capital letters, which the original never shows it. */
function requireSmallLetters(where: string, tokenizer: Tokenizer): void {
  const [capital, small] = ['A RED SHOE', 'a red shoe'].map((text) =>
    tokenizer.encode(text).join(),
  );
  if (capital === small) return;
  throw new ConfigError(
    'the original writes texts in small letters before its tokenizer reads them',
    {
      where,
      expected:
        'a tokenizer that does it itself, or "do_lower_case": false in sentence_*_config.json',
      advice: 'Set "do_lower_case" to false there, and give texts in small letters.',
    },
  );
}
