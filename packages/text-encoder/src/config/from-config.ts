import { ConfigError } from '@crossweave/core';
import { requireObject } from '@crossweave/core/authoring';
import { bert } from '../bert/presets';
import type { BertOptions } from '../bert/options';
import { clipText } from '../clip/presets';
import type { ClipTextOptions } from '../clip/options';
import { distilbert } from '../distilbert/presets';
import type { DistilBertOptions } from '../distilbert/distilbert';
import { roberta } from '../roberta/presets';
import type { RobertaOptions } from '../roberta/roberta';
import type { TransformerTextEncoder } from '../transformer/encoder';
import type { TransformerOptions } from '../transformer/options';
import { clipTextConfig, distilBertConfig, bertConfig, robertaConfig } from './architectures';
import { requireConfig, type HuggingFaceConfig } from './reader';

/** Options of the encoder, which override the settings of the config. */
export type FromConfigOptions<Options> = Options & {
  /** Names of config settings that do not change the results of the encoder. Default: none. */
  readonly ignore?: readonly string[];
};

type Make<Options> = (
  config: HuggingFaceConfig,
  options?: FromConfigOptions<Options>,
) => TransformerTextEncoder;

/**
 * Makes the BERT of a Hugging Face config with `model_type` `bert`.
 *
 * @throws ConfigError for an unknown or unsupported setting, or a wrong option.
 */ export const bertFromConfig: Make<BertOptions> = (config, options = {}) => {
  requireObject('bertFromConfig', options);
  const { ignore, ...rest } = options;
  return bert({ ...bertConfig('bertFromConfig', config, ignore), ...rest });
};

/**
 * Makes the DistilBERT of a config with `model_type` `distilbert`.
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const distilbertFromConfig: Make<DistilBertOptions> = (config, options = {}) => {
  requireObject('distilbertFromConfig', options);
  const { ignore, ...rest } = options;
  return distilbert({ ...distilBertConfig('distilbertFromConfig', config, ignore), ...rest });
};

/**
 * Makes the RoBERTa of a config with `model_type` `roberta`, `xlm-roberta` or `camembert`.
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const robertaFromConfig: Make<RobertaOptions> = (config, options = {}) => {
  requireObject('robertaFromConfig', options);
  const { ignore, ...rest } = options;
  return roberta({ ...robertaConfig('robertaFromConfig', config, ignore), ...rest });
};

/**
 * Makes CLIP's text tower of a config with `model_type` `clip_text_model`, or `clip` (by its
 * `text_config`, with `text_projection`).
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const clipTextFromConfig: Make<ClipTextOptions> = (config, options = {}) => {
  requireObject('clipTextFromConfig', options);
  const { ignore, ...rest } = options;
  return clipText({ ...clipTextConfig('clipTextFromConfig', config, ignore), ...rest });
};

const byModelType: Readonly<Record<string, Make<never>>> = {
  bert: bertFromConfig,
  distilbert: distilbertFromConfig,
  roberta: robertaFromConfig,
  'xlm-roberta': robertaFromConfig,
  camembert: robertaFromConfig,
  clip_text_model: clipTextFromConfig,
  clip: clipTextFromConfig,
};

/**
 * Makes the encoder that a Hugging Face `config.json` describes, by its `model_type`. Options add
 * what the config lacks (`pooling`) or override it (`dropout`).
 *
 * ```ts
 * const encoder = textEncoderFromConfig(JSON.parse(text), { pooling: 'mean' });
 * ```
 *
 * @throws ConfigError for an unknown `model_type` (it lists the known), an unknown or unsupported
 *   setting, or a wrong option.
 */
export function textEncoderFromConfig(
  config: HuggingFaceConfig,
  options: FromConfigOptions<TransformerOptions> = {},
): TransformerTextEncoder {
  requireObject('textEncoderFromConfig', options);
  requireConfig('textEncoderFromConfig', config);
  const type = config['model_type'];
  const make = typeof type === 'string' && Object.hasOwn(byModelType, type) && byModelType[type];
  if (make === false || make === undefined) {
    throw new ConfigError('the "model_type" is not known', {
      where: 'textEncoderFromConfig',
      expected: `one of ${Object.keys(byModelType).join(', ')}`,
      got: type,
    });
  }
  // The factory refuses unknown options.
  return make(config, options as never);
}
