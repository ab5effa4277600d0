import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import {
  anyOf,
  checkOptions,
  count,
  exactly,
  oneOf,
  readOptions,
  type Checks,
} from '@crossweave/core/authoring';
import {
  commonDefaults,
  requireHeads,
  transformerChecks,
  type Preset,
  type TransformerOptions,
  type WithIds,
} from '../transformer/options';
import {
  idFor,
  requireInTable,
  requireSaid,
  rowsFor,
  tokenizerFacts,
} from '../transformer/tokenizer';

/** Defaults are those of the text towers of ViT-B/32 and ViT-B/16, the ids apart. */
export interface ClipTextOptions extends TransformerOptions {
  /** Default `'eot'`. */
  pooling?: 'eot' | 'mean' | 'max';
  /**
   * The token that the pooling `'eot'` reads: the first real token with this id, or with the largest
   * id of the text (`'largest'`). Default: the tokenizer's `endId`;
   * without a tokenizer it must be given. A token in the middle of the text has attended to a part
   * of the text only.
   *
   * OpenAI's and open_clip's code takes the largest, which is right where the end-of-text id is the
   * last of the vocabulary (theirs is 49407) and nowhere else. A text without such a token gives
   * its first one.
   */
  endOfText?: number | 'largest';
  /**
   * Width of the shared embedding that `text_projection` maps tokens and pooled to; false leaves
   * the layer out, and both have width `dim`. Default 512.
   */
  projection?: number | false;
}

/** `endOfText` is there where the pooling reads it. */
export type ClipTextSettings = Required<Omit<ClipTextOptions, 'tokenizer' | 'endOfText'>> &
  Pick<ClipTextOptions, 'endOfText'>;
export type ClipTextPreset = Preset<ClipTextOptions, 'pooling' | 'projection'>;
export type ClipTextOptionsWithVocabulary =
  WithIds<ClipTextOptions, 'endOfText'> | (WithIds<ClipTextOptions> & { pooling: 'mean' | 'max' });

type Own = Omit<ClipTextOptions, 'tokenizer' | 'endOfText'>;

const endOfTextCheck = anyOf(count(0), oneOf('largest'));
const checks: Checks<Own> = {
  ...transformerChecks,
  pooling: oneOf('eot', 'mean', 'max'),
  projection: anyOf(count(), exactly(false)),
};

/**
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer, or
 *   one that is not given.
 */
export function clipTextSettings(
  where: string,
  options: ClipTextOptions,
  preset: ClipTextPreset,
): ClipTextSettings {
  const all = { tokenizer: tokenizerFacts, endOfText: endOfTextCheck, ...checks };
  checkOptions<ClipTextOptions>(where, options, all);
  const { tokenizer, endOfText, ...given } = options;
  const vocabulary =
    tokenizer === undefined
      ? requireSaid(where, 'vocabulary', given.vocabulary ?? preset.vocabulary)
      : rowsFor(where, tokenizer, given.vocabulary);
  const { endOfText: presetEnd, ...sizes } = preset;
  const settings = readOptions<Own>(
    where,
    given,
    { ...commonDefaults(given, preset), ...sizes, vocabulary },
    checks,
  );
  requireHeads(where, settings);
  if (settings.pooling !== 'eot') return settings;
  const end =
    tokenizer === undefined
      ? requireSaid(where, 'endOfText', endOfText ?? presetEnd)
      : endOfTokenizer(where, tokenizer, endOfText);
  if (end !== 'largest') requireInTable(where, 'endOfText', end, vocabulary);
  return { ...settings, endOfText: end };
}

/** @throws ConfigError when the tokenizer ends no text, or ends it with another token than was said. */
function endOfTokenizer(
  where: string,
  tokenizer: TokenizerFacts,
  said: ClipTextOptions['endOfText'],
): number | 'largest' {
  const { name, endId, vocabularySize } = tokenizer;
  if (endId === undefined) {
    throw new ConfigError('the tokenizer ends no text with a token of its own, which "eot" reads', {
      where,
      expected: 'a tokenizer with endId',
      got: name,
      advice: 'Set "pooling" to "mean" or "max", or use a tokenizer that ends every text.',
    });
  }
  if (said === 'largest') {
    if (endId === vocabularySize - 1) return said;
    throw new ConfigError('"endOfText" takes the largest id, and the tokenizer ends with another', {
      where,
      expected: `${endId}, as ${name} has it (its largest id is ${vocabularySize - 1})`,
      got: said,
      advice: 'Leave "endOfText" out: it follows from the tokenizer.',
    });
  }
  return idFor(where, tokenizer, 'endOfText', endId, said);
}
