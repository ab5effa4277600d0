import { ConfigError } from '@crossweave/core';
import { type KeyMap } from '@crossweave/checkpoints';
import {
  huggingFaceBertKeys,
  huggingFaceClipTextKeys,
  huggingFaceDistilBertKeys,
  huggingFaceModernBertKeys,
  huggingFaceRobertaKeys,
  textPartFromConfig,
} from '@crossweave/text-encoder';
import { without, type JsonObject, type ModelFiles } from '../model-files';
import type { Description, Family } from './description';

const keysByType: Readonly<Record<string, KeyMap>> = {
  bert: huggingFaceBertKeys,
  distilbert: huggingFaceDistilBertKeys,
  roberta: huggingFaceRobertaKeys,
  'xlm-roberta': huggingFaceRobertaKeys,
  camembert: huggingFaceRobertaKeys,
  modernbert: huggingFaceModernBertKeys,
  clip_text_model: huggingFaceClipTextKeys,
};

/** Hugging Face's text models, and sentence-transformers' with their pooling. */
export const textTowers: Family = {
  reads: `"model_type": ${Object.keys(keysByType)
    .map((type) => `"${type}"`)
    .join(', ')}`,
  describe: async (files) => {
    const type = String(files.config?.['model_type']);
    if (files.config === undefined || !Object.hasOwn(keysByType, type)) return undefined;
    return describeText(files, type, files.config);
  },
};

async function describeText(
  files: ModelFiles,
  family: string,
  config: JsonObject,
): Promise<Description> {
  const { name, options } = textPartFromConfig(config);
  // RoBERTa counts its positions by the padding id; to the others it is the tokenizer's alone.
  const own = name === 'roberta' ? options : without(options, 'padTokenId');
  const pooling = await poolingIn(files);
  return {
    family,
    text: {
      part: { name, options: { ...own, ...pooling } },
      keys: keysByType[family]!,
      ignoreUnexpected: ['pooler'],
      positions: Number(options['maxPositions']),
    },
  };
}

const poolings = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_max_tokens: 'max',
} as const;

/**
 * What sentence-transformers makes of the tokens, by its `modules.json`; nothing where there is none.
 *
 * @throws ConfigError for a step that has no counterpart here.
 */
async function poolingIn(files: ModelFiles): Promise<JsonObject> {
  const modules = (await files.json('modules.json'))?.['list'];
  if (!Array.isArray(modules)) return {};
  const steps = modules.map((step: JsonObject) => String(step['type']).split('.').at(-1));
  const other = steps.find((step) => !['Transformer', 'Pooling', 'Normalize'].includes(step!));
  if (other !== undefined) {
    throw new ConfigError('a step after the transformer is not supported', {
      where: `${files.folder}/modules.json`,
      expected: 'Transformer, Pooling, Normalize',
      got: other,
    });
  }
  const where = `${files.folder}/1_Pooling/config.json`;
  const config = (await files.json('1_Pooling/config.json')) ?? {};
  const chosen = Object.keys(config).filter(
    (key) => key.startsWith('pooling_mode_') && config[key] === true,
  );
  const [mode] = chosen;
  if (chosen.length !== 1 || !Object.hasOwn(poolings, mode!)) {
    throw new ConfigError('the pooling is not supported', {
      where,
      expected: `one of ${Object.keys(poolings).join(', ')}`,
      got: chosen.join(', '),
    });
  }
  return {
    pooling: poolings[mode as keyof typeof poolings],
    normalize: steps.includes('Normalize'),
  };
}
