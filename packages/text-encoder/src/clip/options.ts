import { requireInteger, withDefaults } from '@crossweave/core';
import {
  checkSettings,
  commonDefaults,
  requireTokenId,
  type Preset,
  type TransformerOptions,
  type WithVocabulary,
} from '../transformer/options';

/** Defaults are those of the text towers of ViT-B/32 and ViT-B/16, the vocabulary apart. */
export interface ClipTextOptions extends TransformerOptions {
  /** Default `'eot'`. */
  pooling?: 'eot' | 'mean' | 'max';
  /**
   * What ends a text, for the pooling `'eot'`: the first real token of this id, or of the largest
   * id of the text (`'largest'`, the default). OpenAI's and open_clip's models take the largest,
   * their end-of-text id being the last of the vocabulary. Hugging Face takes `eos_token_id`,
   * except where a config says 2, the wrong value of its early conversions: there it takes the
   * largest. A text without such a token gives its first one.
   */
  endOfText?: number | 'largest';
  /**
   * Width of the shared embedding that `text_projection` maps tokens and pooled to; false leaves
   * the layer out, and both have width `dim`. Default 512.
   */
  projection?: number | false;
}

export type ClipTextSettings = Required<ClipTextOptions>;
export type ClipTextPreset = Preset<ClipTextOptions>;
export type ClipTextOptionsWithVocabulary = WithVocabulary<ClipTextOptions>;

/** @throws ConfigError for an unknown option, one out of range, or no vocabulary. */
export function clipTextSettings(
  where: string,
  options: ClipTextOptions,
  preset: ClipTextPreset,
): ClipTextSettings {
  const settings = withDefaults<ClipTextOptions>(where, options, {
    ...commonDefaults(options, preset),
    activation: 'quickGelu',
    epsilon: 1e-5,
    pooling: 'eot',
    dropout: 0,
    attentionDropout: options.dropout ?? preset.dropout ?? 0,
    endOfText: 'largest',
    projection: 512,
    ...preset,
  });
  checkSettings(where, settings, ['eot', 'mean', 'max']);
  const { endOfText, projection } = settings;
  if (endOfText !== 'largest') requireTokenId(where, 'endOfText', endOfText, settings);
  if (projection !== false) requireInteger(where, 'projection', projection);
  return settings;
}
