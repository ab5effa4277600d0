import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import { buildBert } from '../bert/bert';
import { bertSettings, type BertOptions, type BertPreset } from '../bert/options';
import type { TransformerTextEncoder } from '../transformer/encoder';
import type { WithIds } from '../transformer/options';

/**
 * BERT's options with the defaults of RoBERTa-base: `tokenTypes` 1, `epsilon` 1e-5. `padTokenId`
 * has no default, since the first position is `padTokenId` + 1: the tokenizer determines it, or it
 * must be given (1 for roberta-base and similar models). The position table therefore has
 * `padTokenId` + 1 rows more than `maxPositions`.
 */
export type RobertaOptions = BertOptions;
export type RobertaPreset = BertPreset;
export type RobertaOptionsWithVocabulary = WithIds<RobertaOptions, 'padTokenId'>;

/**
 * Hugging Face's `RobertaModel` and `XLMRobertaModel` (Liu et al. 2019), with its parameter names:
 * BERT with positions that count only real tokens, starting at `padTokenId` + 1. A token is real if
 * its mask is 1 and its id is not `padTokenId`.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer or
 *   is missing, or a tokenizer that uses the padding id for a second special token.
 */
export function buildRoberta(
  where: string,
  options: RobertaOptions,
  preset: RobertaPreset,
): TransformerTextEncoder {
  const settings = bertSettings(where, options, preset);
  if (options.tokenizer !== undefined) requireOwnPadding(where, options.tokenizer);
  return buildBert(where, settings, { family: 'roberta', embeddings: { counts: 'real' } });
}

/** A token with the padding id has no position, so no special token may share that id. */
function requireOwnPadding(where: string, { name, padId, unknownId, endId }: TokenizerFacts): void {
  const also = padId === unknownId ? 'unknownId' : padId === endId ? 'endId' : undefined;
  if (also === undefined) return;
  throw new ConfigError(
    'the padding id of the tokenizer is also the id of a different special token',
    {
      where,
      expected: 'a tokenizer whose padId is used only for padding, because positions depend on it',
      got: `padId ${padId}, which is ${also} of ${name} too`,
      advice: 'Use a tokenizer with a separate padding token, or a different architecture (bert).',
    },
  );
}
