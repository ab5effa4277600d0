import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { loadTokenizer } from '@crossweave/data';
import { createTextEncoder } from '@crossweave/text-encoder';
import type { TextDescription } from './families/description';
import type { ModelFiles } from './model-files';
import type { PretrainedOptions, PretrainedText } from './types';

/** The longest text that the data takes. */
const longest = 512;

/**
 * A text tower with the tokenizer beside its weights.
 *
 * @throws DataError when there is no tokenizer; ConfigError when it does not fit the word table, or
 *   `maxTokens` the positions.
 */
export async function textOf(
  files: ModelFiles,
  { part, positions }: TextDescription,
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
  const maxTokens = asked ?? Math.min(positions, longest);
  const encoder = createTextEncoder(part.name, part.options, {
    ...{ tokenizer, maxTokens, pretrained: true },
  });
  return { part, encoder, tokenizer, tokenizerFolder: folder, maxTokens };
}
