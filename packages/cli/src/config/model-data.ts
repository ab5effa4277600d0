import type { OpenModel } from '@crossweave/models';
import { parseConfig } from './parse';
import { dataSchema, type DataConfig } from './schema';

/** How data is read for a model: its pictures, its tokenizer, its longest text. */
export function dataForModel(
  where: string,
  { preprocessing, maxTokens, tokenizerFolder }: OpenModel,
  settings: object,
): DataConfig {
  const { size: imageSize, ...pictures } = preprocessing!;
  const ofModel = { imageSize, ...pictures, maxTokens, tokenizer: tokenizerFolder };
  return parseConfig(dataSchema, { ...ofModel, ...settings }, where);
}
