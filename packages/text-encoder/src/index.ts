export type { BertOptions } from './bert/options';
export type { Pooling } from './bert/pooling';
export { bert, bertBase, bertSmall } from './bert/presets';
export type { BertOptionsWithVocabulary } from './bert/presets';
export { createTextEncoder, textEncoders } from './registry';
export type { TextEncoderTable } from './registry';
