import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import {
  anyOf,
  boolean,
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

/** The defaults, except for ids, are those of the text towers of ViT-B/32 and ViT-B/16. */
export interface ClipTextOptions extends TransformerOptions {
  /** How `pooled` is computed (see {@link Pooling}). Default `'eot'`. */
  pooling?: 'eot' | 'mean' | 'max';
  /**
   * The token that the pooling `'eot'` reads: the first real token with this id, or with the
   * largest id of the text (`'largest'`). Default: the tokenizer's `endId`; without a tokenizer it
   * must be given. It should be the last token, since in a causal transformer an earlier token has
   * attended to a part of the text only.
   *
   * OpenAI's and open_clip's code takes the largest id, which is correct only if the end-of-text id
   * is the last of the vocabulary (as their 49407). A text without an end token is pooled at its
   * first token.
   */
  endOfText?: number | 'largest';
  /**
   * Whether a token attends to earlier ones only. With false it attends to all of a text that is padded
   * with `padTokenId` to `maxPositions`, padding included, as in the text towers of MobileCLIP (open_clip's
   * `no_causal_mask`). Default true.
   */
  causal?: boolean;
  /** The id of padding; it must be given with `causal: false`, and only then. */
  padTokenId?: number;
  /**
   * Width of the shared embedding to which `text_projection` maps tokens and pooled. With false
   * there is no projection, and both have width `dim`. Default 512.
   */
  projection?: number | false;
}

/** `endOfText` is present if the pooling reads it, `padTokenId` if padding is attended to. */
export type ClipTextSettings = Required<Own> & Pick<ClipTextOptions, 'endOfText' | 'padTokenId'>;
export type ClipTextPreset = Preset<
  Omit<ClipTextOptions, 'causal' | 'padTokenId'>,
  'pooling' | 'projection'
>;
export type ClipTextOptionsWithVocabulary =
  WithIds<ClipTextOptions, 'endOfText'> | (WithIds<ClipTextOptions> & { pooling: 'mean' | 'max' });

type Own = Omit<ClipTextOptions, 'tokenizer' | 'endOfText' | 'padTokenId'>;

const endOfTextCheck = anyOf(count(0), oneOf('largest'));
const checks: Checks<Own> = {
  ...transformerChecks,
  causal: boolean(),
  pooling: oneOf('eot', 'mean', 'max'),
  projection: anyOf(count(), exactly(false)),
};

/**
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing id.
 */
export function clipTextSettings(
  where: string,
  options: ClipTextOptions,
  preset: ClipTextPreset,
): ClipTextSettings {
  const all = {
    ...{ tokenizer: tokenizerFacts, endOfText: endOfTextCheck, padTokenId: count(0) },
    ...checks,
  };
  checkOptions<ClipTextOptions>(where, options, all);
  const { tokenizer, endOfText, padTokenId, ...given } = options;
  const vocabulary =
    tokenizer === undefined
      ? requireSaid(where, 'vocabulary', given.vocabulary ?? preset.vocabulary)
      : rowsFor(where, tokenizer, given.vocabulary);
  const { endOfText: presetEnd, ...sizes } = preset;
  const settings = readOptions<Own>(
    where,
    given,
    { ...commonDefaults(given, preset), causal: true, ...sizes, vocabulary },
    checks,
  );
  requireHeads(where, settings);
  const padding = paddingOf(where, settings, padTokenId);
  if (settings.pooling !== 'eot') return { ...settings, ...padding };
  const end =
    tokenizer === undefined
      ? requireSaid(where, 'endOfText', endOfText ?? presetEnd)
      : endOfTokenizer(where, tokenizer, endOfText);
  if (end !== 'largest') requireInTable(where, 'endOfText', end, vocabulary);
  return { ...settings, ...padding, endOfText: end };
}

/** @throws ConfigError for a padding id that is missing, read by nobody, or in no row. */
function paddingOf(
  where: string,
  { causal, vocabulary }: Required<Own>,
  padTokenId: number | undefined,
): Pick<ClipTextSettings, 'padTokenId'> {
  if (causal && padTokenId === undefined) return {};
  if (causal) {
    throw new ConfigError('"padTokenId" is of no use: no token attends to padding', {
      where,
      expected: 'it together with "causal": false',
      got: padTokenId,
    });
  }
  const id = requireSaid(where, 'padTokenId', padTokenId);
  requireInTable(where, 'padTokenId', id, vocabulary);
  return { padTokenId: id };
}

/**
 * @throws ConfigError when the tokenizer has no end token, or a different one than the option says.
 */
function endOfTokenizer(
  where: string,
  tokenizer: TokenizerFacts,
  said: ClipTextOptions['endOfText'],
): number | 'largest' {
  const { name, endId, vocabularySize } = tokenizer;
  if (endId === undefined) {
    throw new ConfigError('the pooling "eot" reads the end token, and the tokenizer has none', {
      where,
      expected: 'a tokenizer with endId',
      got: name,
      advice: 'Set "pooling" to "mean" or "max", or use a tokenizer that ends every text.',
    });
  }
  if (said === 'largest') {
    if (endId === vocabularySize - 1) return said;
    throw new ConfigError(
      '"endOfText" is "largest", and the end token of the tokenizer is not its largest id',
      {
        where,
        expected: `${endId}, the end token of ${name} (its largest id is ${vocabularySize - 1})`,
        got: said,
        advice: 'Leave "endOfText" out: the tokenizer determines it.',
      },
    );
  }
  return idFor(where, tokenizer, 'endOfText', endId, said);
}
