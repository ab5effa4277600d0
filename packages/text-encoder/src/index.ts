export {
  huggingFaceBertKeys,
  huggingFaceDistilBertKeys,
  huggingFaceRobertaKeys,
} from './bert/keys';
export type { BertOptions, BertOptionsWithVocabulary } from './bert/options';
export { bert, bertBase, bertSmall, miniLM, miniLM12 } from './bert/presets';
export { huggingFaceClipTextKeys } from './clip/keys-hugging-face';
export { openClipTextKeys } from './clip/keys-open-clip';
export type { ClipTextOptions, ClipTextOptionsWithVocabulary } from './clip/options';
export { clipText, clipTextBase, clipTextLarge } from './clip/presets';
export {
  bertFromConfig,
  clipTextFromConfig,
  distilbertFromConfig,
  modernBertFromConfig,
  robertaFromConfig,
  siglipTextFromConfig,
  textEncoderFromConfig,
  textPartFromConfig,
} from './config/from-config';
export type { FromConfigOptions, TextPart } from './config/from-config';
export { readConfig } from './config/reader';
export type { ConfigReader, HuggingFaceConfig } from './config/reader';
export type { DistilBertOptions, DistilBertOptionsWithVocabulary } from './distilbert/distilbert';
export { distilbert, distilbertBase } from './distilbert/presets';
export { huggingFaceModernBertKeys } from './modernbert/keys';
export { modernBert } from './modernbert/modernbert';
export type { ModernBertOptions, ModernBertOptionsWithVocabulary } from './modernbert/options';
export { createTextEncoder, textEncoders } from './registry';
export type { TextEncoderSurroundings, TextEncoderTable } from './registry';
export type { RobertaOptions, RobertaOptionsWithVocabulary } from './roberta/roberta';
export { roberta, robertaBase } from './roberta/presets';
export { huggingFaceSiglipTextKeys } from './siglip/keys';
export type { SiglipTextOptions, SiglipTextOptionsWithVocabulary } from './siglip/options';
export { siglipText } from './siglip/presets';
export type { TransformerTextEncoder } from './transformer/encoder';
export type { TransformerOptions } from './transformer/options';
export type { Pooling } from './transformer/pooling';
