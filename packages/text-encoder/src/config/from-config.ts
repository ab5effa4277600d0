import { ConfigError } from '@crossweave/core';
import { requireObject } from '@crossweave/core/authoring';
import { bert } from '../bert/presets';
import type { BertOptions } from '../bert/options';
import { clipText } from '../clip/presets';
import type { ClipTextOptions } from '../clip/options';
import { distilbert } from '../distilbert/presets';
import type { DistilBertOptions } from '../distilbert/distilbert';
import { modernBertConfig } from '../modernbert/config';
import { buildModernBert } from '../modernbert/modernbert';
import type { ModernBertOptions } from '../modernbert/options';
import { roberta } from '../roberta/presets';
import type { RobertaOptions } from '../roberta/roberta';
import type { TransformerTextEncoder } from '../transformer/encoder';
import type { TransformerOptions } from '../transformer/options';
import type { SiglipTextOptions } from '../siglip/options';
import { siglipText } from '../siglip/presets';
import {
  bertConfig,
  clipTextConfig,
  distilBertConfig,
  robertaConfig,
  siglipTextConfig,
} from './architectures';
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
 */
export const bertFromConfig: Make<BertOptions> = (config, options = {}) => {
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

/**
 * Makes SigLIP's text tower of a config with `model_type` `siglip_text_model`, or `siglip` (by its
 * `text_config`).
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const siglipTextFromConfig: Make<SiglipTextOptions> = (config, options = {}) => {
  requireObject('siglipTextFromConfig', options);
  const { ignore, ...rest } = options;
  return siglipText({ ...siglipTextConfig('siglipTextFromConfig', config, ignore), ...rest });
};

/**
 * Makes the ModernBERT of a config with `model_type` `modernbert`.
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const modernBertFromConfig: Make<ModernBertOptions> = (config, options = {}) => {
  const where = 'modernBertFromConfig';
  requireObject(where, options);
  const { ignore, ...rest } = options;
  return buildModernBert(where, { ...modernBertConfig(where, config, ignore), ...rest });
};

/** The architecture of a `model_type`, by its name in `textEncoders`. */
const byModelType = {
  bert: 'bert',
  distilbert: 'distilbert',
  roberta: 'roberta',
  'xlm-roberta': 'roberta',
  camembert: 'roberta',
  modernbert: 'modernbert',
  clip_text_model: 'clip-text',
  clip: 'clip-text',
  metaclip_2: 'clip-text',
  siglip_text_model: 'siglip-text',
  siglip: 'siglip-text',
} as const;

const architectures: Readonly<
  Record<(typeof byModelType)[keyof typeof byModelType], Architecture>
> = {
  bert: { options: bertConfig, make: bertFromConfig },
  distilbert: { options: distilBertConfig, make: distilbertFromConfig },
  roberta: { options: robertaConfig, make: robertaFromConfig },
  modernbert: { options: modernBertConfig, make: modernBertFromConfig },
  'clip-text': { options: clipTextConfig, make: clipTextFromConfig },
  'siglip-text': { options: siglipTextConfig, make: siglipTextFromConfig },
};

interface Architecture {
  readonly options: (where: string, config: HuggingFaceConfig) => object;
  readonly make: Make<never>;
}

/** Name and options of a text encoder, for `createTextEncoder(name, options)`. */
export interface TextPart {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Name and options of the encoder that a Hugging Face `config.json` describes, by its `model_type`,
 * as plain data for `createTextEncoder`.
 *
 * @throws ConfigError as {@link textEncoderFromConfig}.
 */
export function textPartFromConfig(config: HuggingFaceConfig): TextPart {
  const name = architectureOf('textPartFromConfig', config);
  return { name, options: { ...architectures[name].options('textPartFromConfig', config) } };
}

function architectureOf(where: string, config: HuggingFaceConfig): keyof typeof architectures {
  requireConfig(where, config);
  const type = config['model_type'];
  if (typeof type === 'string' && Object.hasOwn(byModelType, type)) {
    return byModelType[type as keyof typeof byModelType];
  }
  throw new ConfigError('the "model_type" is not known', {
    where,
    expected: `one of ${Object.keys(byModelType).join(', ')}`,
    got: type,
  });
}

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
  const make = architectures[architectureOf('textEncoderFromConfig', config)].make;
  // The factory refuses unknown options.
  return make(config, options as never);
}
