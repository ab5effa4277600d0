import { checkOptions, count, readOptions, type Checks } from '@crossweave/core/authoring';
import {
  commonDefaults,
  requireHeads,
  transformerChecks,
  type Preset,
  type TransformerOptions,
  type Untokenized,
  type WithIds,
} from '../transformer/options';
import {
  idFor,
  requireInTable,
  requireSaid,
  rowsFor,
  tokenizerFacts,
} from '../transformer/tokenizer';

/** Defaults are SigLIP base's, the ids apart. */
export interface SiglipTextOptions extends Omit<TransformerOptions, 'pooling'> {
  /** Fills texts up to `maxPositions`, and is attended to. Default: the tokenizer's. */
  padTokenId?: number;
  /** Width of the shared embedding that `head` maps tokens and pooled to. Default `dim`. */
  projection?: number;
}

type Own = Omit<Untokenized<SiglipTextOptions>, 'padTokenId'>;

export type SiglipTextSettings = Required<Omit<SiglipTextOptions, 'tokenizer'>>;
export type SiglipTextOptionsWithVocabulary = WithIds<SiglipTextOptions, 'padTokenId'>;

const { normalize, ...shared } = transformerChecks;
const checks: Checks<Own> = { ...shared, normalize, projection: count() };
const padCheck = count(0);

/**
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer, or
 *   one that is not given.
 */
export function siglipTextSettings(
  where: string,
  options: SiglipTextOptions,
  preset: Preset<SiglipTextOptions>,
): SiglipTextSettings {
  const all = { tokenizer: tokenizerFacts, padTokenId: padCheck, ...checks };
  checkOptions<SiglipTextOptions>(where, options, all);
  const { tokenizer, padTokenId, ...given } = options;
  const vocabulary =
    tokenizer === undefined
      ? requireSaid(where, 'vocabulary', given.vocabulary)
      : rowsFor(where, tokenizer, given.vocabulary);
  const pad =
    tokenizer === undefined
      ? requireSaid(where, 'padTokenId', padTokenId)
      : idFor(where, tokenizer, 'padTokenId', tokenizer.padId, padTokenId);
  requireInTable(where, 'padTokenId', pad, vocabulary);
  const settings = readOptions<Own>(
    where,
    given,
    (own) => ({
      ...commonDefaults(own, preset),
      projection: own.dim ?? preset.dim,
      ...preset,
      vocabulary,
    }),
    checks,
  );
  requireHeads(where, { ...settings, pooling: 'last' });
  return { ...settings, padTokenId: pad };
}
