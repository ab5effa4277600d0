import { ConfigError } from '@crossweave/core';
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
import type { SiglipTextOptions } from '../siglip/options';
import { siglipText } from '../siglip/presets';
import {
  bertConfig,
  clipTextConfig,
  distilBertConfig,
  robertaConfig,
  siglipTextConfig,
} from './architectures';
import type { HuggingFaceConfig } from './reader';

/** Options of the encoder, which win over the config's settings. */
export type FromConfigOptions<Options> = Options & {
  /** Names of config settings that change nothing in the encoder's results. Default: none. */
  readonly ignore?: readonly string[];
};

type Make<Options> = (
  config: HuggingFaceConfig,
  options?: FromConfigOptions<Options>,
) => TransformerTextEncoder;

/**
 * BERT of a Hugging Face config of `model_type` `bert`.
 *
 * @throws ConfigError for a setting that is not supported or not known, or an option out of range.
 */
export const bertFromConfig: Make<BertOptions> = (config, options = {}) => {
  const { ignore, ...rest } = options;
  return bert({ ...bertConfig('bertFromConfig', config, ignore), ...rest });
};

/** DistilBERT of a config of `model_type` `distilbert`. @throws ConfigError as {@link bertFromConfig} */
export const distilbertFromConfig: Make<DistilBertOptions> = (config, options = {}) => {
  const { ignore, ...rest } = options;
  return distilbert({ ...distilBertConfig('distilbertFromConfig', config, ignore), ...rest });
};

/**
 * RoBERTa of a config of `model_type` `roberta`, `xlm-roberta` or `camembert`.
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const robertaFromConfig: Make<RobertaOptions> = (config, options = {}) => {
  const { ignore, ...rest } = options;
  return roberta({ ...robertaConfig('robertaFromConfig', config, ignore), ...rest });
};

/**
 * CLIP's text tower of a config of `model_type` `clip_text_model`, or of `clip` (its
 * `text_config`, with `text_projection`).
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const clipTextFromConfig: Make<ClipTextOptions> = (config, options = {}) => {
  const { ignore, ...rest } = options;
  return clipText({ ...clipTextConfig('clipTextFromConfig', config, ignore), ...rest });
};

/**
 * SigLIP's text tower of a config of `model_type` `siglip_text_model`, or of `siglip` (its
 * `text_config`).
 *
 * @throws ConfigError as {@link bertFromConfig}
 */
export const siglipTextFromConfig: Make<SiglipTextOptions> = (config, options = {}) => {
  const { ignore, ...rest } = options;
  return siglipText({ ...siglipTextConfig('siglipTextFromConfig', config, ignore), ...rest });
};

/** The architecture of a `model_type`, by its name in `textEncoders`. */
const byModelType = {
  bert: 'bert',
  distilbert: 'distilbert',
  roberta: 'roberta',
  'xlm-roberta': 'roberta',
  camembert: 'roberta',
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
  'clip-text': { options: clipTextConfig, make: clipTextFromConfig },
  'siglip-text': { options: siglipTextConfig, make: siglipTextFromConfig },
};

interface Architecture {
  readonly options: (where: string, config: HuggingFaceConfig) => object;
  readonly make: Make<never>;
}

/** A text encoder as configs name it: `createTextEncoder(name, options)` makes it. */
export interface TextPart {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Name and options of the encoder that a Hugging Face `config.json` describes, by its `model_type`:
 * plain data, which `createTextEncoder` takes.
 *
 * @throws ConfigError as {@link textEncoderFromConfig}.
 */
export function textPartFromConfig(config: HuggingFaceConfig): TextPart {
  const name = architectureOf('textPartFromConfig', config);
  return { name, options: { ...architectures[name].options('textPartFromConfig', config) } };
}

function architectureOf(where: string, config: HuggingFaceConfig): keyof typeof architectures {
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
 * The encoder that a Hugging Face `config.json` describes, by its `model_type`; options say what
 * the config does not (`pooling`), or win over it (`dropout`).
 *
 * ```ts
 * const encoder = textEncoderFromConfig(JSON.parse(text), { pooling: 'mean' });
 * ```
 *
 * @throws ConfigError for an unknown `model_type` (it lists the known), a setting that is not
 * supported or not known, or an option out of range.
 */
export function textEncoderFromConfig(
  config: HuggingFaceConfig,
  options: FromConfigOptions<TransformerOptions> = {},
): TransformerTextEncoder {
  const make = architectures[architectureOf('textEncoderFromConfig', config)].make;
  // The factory itself refuses what is not one of its options.
  return make(config, options as never);
}
