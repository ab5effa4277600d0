export { pretrained } from './pretrained/pretrained';
export { jointInputs, jointParts } from './pretrained/joint-parts';
export type { JointInputs, JointParts } from './pretrained/joint-parts';
export { pretrainedTowers } from './pretrained/pretrained-towers';
export type { TowerSources } from './pretrained/pretrained-towers';
export type {
  PartConfig,
  Pretrained,
  PretrainedFusion,
  PretrainedImage,
  PretrainedOptions,
  PretrainedTask,
  PretrainedText,
} from './pretrained/types';
export { preparePictures } from './pictures/prepare-pictures';
export type { PictureFile } from './pictures/prepare-pictures';
export { saveModel } from './saved/save-model';
export type { SaveModelOptions } from './saved/save-model';
export type { SavedTask } from './saved/format';
export { modelFingerprint, modelIdentity } from './open/identity';
export type { ModelIdentity } from './open/identity';
export { openModel } from './open/open-model';
export type { OpenModel } from './open/open-model';
export type { AskedPair, PredictOptions } from './open/predict';
export { exportedTowers, quantisedSuffix } from './exported/export-files';
export type { FrozenTowers } from './exported/open-export';
export { joinEmbeddings, rowOf } from './vectors/embeddings';
export type { Embeddings } from './vectors/embeddings';
export { embedPictures } from './pictures/embed-pictures';
export type {
  EmbeddedPictures,
  EmbedPicturesOptions,
  PictureReject,
} from './pictures/embed-pictures';
export { listPictures } from './pictures/list-pictures';
export { calibrateDuplicates, duplicates } from './search/duplicates';
export type {
  CalibrationOptions,
  DuplicateCalibration,
  DuplicateGroup,
  DuplicatesOptions,
} from './search/duplicates';
export { nearest } from './search/nearest';
export type { Found, NearestOptions } from './search/nearest';
export { loadVectors, requireVectorFile, saveVectors } from './vectors/vector-file';
export { updatePictures, updateTexts } from './vectors/update-vectors';
export type {
  UpdatedVectors,
  UpdatePicturesOptions,
  UpdateTextsOptions,
} from './vectors/update-vectors';
export type { VectorOrigin, VectorSet } from './vectors/vector-set';
export { zeroShot } from './zero-shot/zero-shot';
export type { Guess, ZeroShot, ZeroShotOptions } from './zero-shot/zero-shot';
