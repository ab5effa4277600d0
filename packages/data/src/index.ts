export { decodeImage } from './image/decode';
export { defaultImageSize } from './image/options';
export type { DecodeOptions, ResizeMode } from './image/options';
export type { ResizeFilter } from './image/filters';
export { checkpointPreprocessing } from './image/checkpoint';
export {
  clipNormalisation,
  clipPreprocessing,
  defaultPreprocessing,
  imagenetPreprocessing,
  preprocessingCheck,
  siglipNormalisation,
  siglipPreprocessing,
} from './image/preprocessing';
export type { Preprocessing } from './image/preprocessing';
export { imagenetNormalisation, normaliseImages, unitNormalisation } from './image/normalise';
export type { Normalisation } from './image/normalise';
export { pairBatches } from './pairs/batches';
export type { PairBatchesOptions } from './pairs/batches';
export type { PairDataset } from './pairs/dataset';
export { describeRejects, describeReport } from './pairs/describe';
export { loadPairs } from './pairs/load';
export { openPairs } from './pairs/open';
export type { OpenedPairs } from './pairs/open';
export type { LoadPairsOptions, OpenPairsOptions } from './pairs/options';
export type { Reject } from './pairs/rejects';
export type { LoadReport, SplitReport } from './pairs/report';
export type { SharedPictures } from './pairs/shared-pictures';
export type { TokenisedPairs } from './pairs/tokenised';
export { readRows } from './records/read';
export type { ReadRowsOptions, RecordFormat } from './records/read-options';
export type { Columns } from './records/columns';
export type { LabelKind } from './records/labels';
export { defaultSplit } from './records/record';
export type { CaptionRecord, Place, Row } from './records/record';
export { makeScenes } from './scenes';
export type { MakeScenesOptions, SceneRecord, ScenesSummary } from './scenes';
export { assignSplits } from './splits/assign';
export type { AssignSplitsOptions, Dealt } from './splits/assign';
export { encodeTexts } from './text/encode';
export { loadTokenizer } from './text/load';
export type { LoadTokenizerOptions, TokenizerLibraryName } from './text/load';
export { captionsFingerprint, vocabularySource } from './text/source';
export { fromTransformers } from './text/tokenizer';
export type {
  Tokenizer,
  TransformersTokenizer,
  TransformersTokenizerFacts,
} from './text/tokenizer';
export {
  buildVocabulary,
  makeVocabulary,
  vocabularyTokenizer,
  writeBertTokenizer,
  writeVocabulary,
} from './text/vocabulary';
export type { MakeVocabularyOptions, Vocabulary, VocabularyOptions } from './text/vocabulary';
export type { TransformersLibraryName } from '@crossweave/checkpoints/node';
