export { pretrained } from './pretrained/pretrained';
export type {
  PartConfig,
  Pretrained,
  PretrainedFusion,
  PretrainedImage,
  PretrainedOptions,
  PretrainedText,
} from './pretrained/types';
