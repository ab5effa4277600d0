import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import { buildBert } from '../bert/bert';
import { bertSettings, type BertOptions, type BertPreset } from '../bert/options';
import type { TransformerTextEncoder } from '../transformer/encoder';
import type { WithIds } from '../transformer/options';

/**
 * BERT's options with RoBERTa-base's defaults: `tokenTypes` 1, `epsilon` 1e-5. `padTokenId` has no
 * default, since positions are counted by it: it follows from the tokenizer, or must be given (1
 * for roberta-base and models like it). The position table has `padTokenId` + 1 rows more than
 * `maxPositions`, since it begins there.
 */
export type RobertaOptions = BertOptions;
export type RobertaPreset = BertPreset;
export type RobertaOptionsWithVocabulary = WithIds<RobertaOptions, 'padTokenId'>;

/**
 * Hugging Face's `RobertaModel` and `XLMRobertaModel` (Liu et al. 2019), parameters under its
 * names: BERT with positions that count the real tokens, from `padTokenId` + 1 on. A token is
 * real where its mask is 1 and its id is not `padTokenId`.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer or
 *   is not given, or a tokenizer whose padding id is the id of another special token too.
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

/** A token with the padding id has no position, so no other token may have that id. */
function requireOwnPadding(where: string, { name, padId, unknownId, endId }: TokenizerFacts): void {
  const also = padId === unknownId ? 'unknownId' : padId === endId ? 'endId' : undefined;
  if (also === undefined) return;
  throw new ConfigError('the padding id is not of padding alone', {
    where,
    expected: 'a tokenizer whose padId is no other token: positions are counted by it',
    got: `padId ${padId}, which is ${also} of ${name} too`,
    advice: 'Use a tokenizer with a padding token of its own, or another architecture (bert).',
  });
}
