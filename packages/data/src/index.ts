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
export { measurePictureStore, prunePictureStore } from './image/picture-store';
export type { PruneOptions, StoredPictures } from './image/picture-store';
export { openDataset } from './forms/open-dataset';
export type { Dataset, DatasetSource, OpenDatasetOptions } from './forms/open-dataset';
export { datasetFormats, imageExtensions, isImageName } from './forms/reader';
export type { DatasetFormat } from './forms/reader';
export { pairBatches } from './pairs/batches';
export type { PairBatchesOptions } from './pairs/batches';
export { samplings } from './pairs/sampling';
export { thumbnailsOf } from './pairs/thumbnail-split';
export type { Sampling } from './pairs/sampling';
export type { ChangeableSplit } from './pairs/changeable-split';
export { identifiesImages } from './pairs/identified-split';
export type { IdentifiedSplit } from './pairs/identified-split';
export type { Augmentation } from './pairs/augmentation';
export type { PictureChange } from './image/augment';
export type { PairDataset } from './pairs/dataset';
export { describeRejects, describeReport } from './pairs/describe';
export { loadPairs } from './pairs/load';
export { openPairs } from './pairs/open';
export type { OpenedPairs } from './pairs/open';
export type { LoadPairsOptions, OpenPairsOptions } from './pairs/options';
export { requireFewRejects } from './pairs/rejects';
export type { Reject } from './pairs/rejects';
export type { LoadReport, SplitReport } from './pairs/report';
export type { SharedPictures } from './pairs/shared-pictures';
export type { TokenisedPairs } from './pairs/tokenised';
export { streamBatches } from './streaming/stream-batches';
export type { StreamBatchesOptions } from './streaming/stream-batches';
export { streamPairs } from './streaming/stream-pairs';
export type { PairStream, StreamedBatch } from './streaming/stream-pairs';
export type { StreamPairsOptions } from './streaming/options';
export type { StreamPosition } from './streaming/position';
export type { StreamReport } from './streaming/report';
export { readRows } from './records/read';
export type { ReadRowsOptions, RecordFormat } from './records/read-options';
export type { Columns } from './records/columns';
export type { LabelKind } from './records/labels';
export { defaultSplit } from './records/record';
export type { CaptionRecord, EmbeddedPicture, Place, Row } from './records/record';
export { makeScenes } from './scenes';
export type { MakeScenesOptions, SceneRecord, ScenesSummary } from './scenes';
export { assignSplits } from './splits/assign';
export type { AssignSplitsOptions, Dealt } from './splits/assign';
export { contactSheet } from './tools/contact-sheet';
export type { ContactSheet, ContactSheetOptions } from './tools/contact-sheet';
export { measureImages } from './tools/measure-images';
export type {
  Duplicates,
  ImageMeasures,
  ImagePlace,
  MeasureImagesOptions,
} from './tools/measure-images';
export { summariseDataset } from './tools/summary';
export type { DatasetSummary, SplitSummary } from './tools/summary';
export { writeDataset } from './tools/write-dataset';
export type { WriteDatasetOptions, WrittenDataset } from './tools/write-dataset';
export { encodeTexts, factsOfText, type TextFacts } from './text/encode';
export { loadTokenizer } from './text/load';
export type { LoadTokenizerOptions } from './text/load';
export { captionsFingerprint, vocabularySource } from './text/source';
export { fromTransformers } from './text/tokenizer';
export type {
  Tokenizer,
  TransformersTokenizer,
  TransformersTokenizerFacts,
} from './text/tokenizer';
export {
  buildVocabulary,
  countVocabulary,
  makeVocabulary,
  vocabularyTokenizer,
  writeBertTokenizer,
  writeVocabulary,
} from './text/vocabulary';
export type { MakeVocabularyOptions, Vocabulary, VocabularyOptions } from './text/vocabulary';
export type { TransformersLibraryName } from '@crossweave/checkpoints/node';
