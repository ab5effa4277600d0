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
import { sentencesIn } from './sentence-transformers';

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
  const { options: ofSentences, text, notes } = await sentencesIn(files);
  return {
    family,
    text: {
      part: { name, options: { ...own, ...ofSentences } },
      keys: keysByType[family]!,
      ignoreUnexpected: ['pooler'],
      positions: Number(options['maxPositions']),
      ...text,
    },
    notes,
  };
}
