export { pretrained } from './pretrained/pretrained';
export type {
  PartConfig,
  Pretrained,
  PretrainedFusion,
  PretrainedImage,
  PretrainedOptions,
  PretrainedText,
} from './pretrained/types';
export { preparePictures } from './pictures/prepare-pictures';
export type { PictureFile } from './pictures/prepare-pictures';
export { saveModel } from './saved/save-model';
export type { SaveModelOptions } from './saved/save-model';
