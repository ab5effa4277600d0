export { openClipResNetKeys } from './clip-resnet/keys';
export type { ClipResNetOptions } from './clip-resnet/options';
export { clipResNet, clipRN50 } from './clip-resnet/presets';
export { huggingFaceClipViTKeys } from './clip-vit/keys-hugging-face';
export { openClipViTKeys } from './clip-vit/keys-open-clip';
export type { ClipViTOptions } from './clip-vit/options';
export { clipVit, clipVitB16, clipVitB32, clipVitL14 } from './clip-vit/presets';
export { convNext } from './convnext/convnext';
export { huggingFaceConvNextKeys, timmConvNextKeys } from './convnext/keys';
export type { ConvNextOptions } from './convnext/options';
export { huggingFaceDinov2Keys, timmDinov2Keys } from './dinov2/keys';
export type { DinoOptions } from './dinov2/options';
export { dinov2 } from './dinov2/presets';
export { dinov3 } from './dinov3/dinov3';
export { huggingFaceDinov3Keys } from './dinov3/keys';
export type { Dinov3Options } from './dinov3/options';
export type { ImageSize } from './image-size';
export { fastVit } from './fastvit/fastvit';
export { timmFastVitKeys } from './fastvit/keys';
export type { FastVitOptions } from './fastvit/options';
export { torchvisionMobileNetV3Keys } from './mobilenet/keys';
export type { InvertedResidual, MobileNetV3Options } from './mobilenet/options';
export { mobileNetV3, mobileNetV3Small } from './mobilenet/presets';
export { preprocessingOf } from './preprocessing';
export type { ImagePreprocessing } from './preprocessing';
export { createImageEncoder, imageEncoders } from './registry';
export type { ImageEncoderSurroundings, ImageEncoderTable } from './registry';
export type { BlockKind } from './resnet/blocks';
export type { ResNetOptions } from './resnet/options';
export { torchvisionResNetKeys } from './resnet/keys';
export { huggingFaceResNetKeys } from './resnet/keys-hugging-face';
export { timmResNetKeys } from './resnet/keys-timm';
export {
  resnet,
  resnet101,
  resnet152,
  resnet18,
  resnet34,
  resnet50,
  resnetSmall,
} from './resnet/presets';
export type { StemKind } from './resnet/stem';
export { huggingFaceSiglipViTKeys } from './siglip-vit/keys';
export type { SiglipViTOptions } from './siglip-vit/options';
export { siglipVit } from './siglip-vit/presets';
export { huggingFaceViTKeys } from './vit/keys-hugging-face';
export { timmViTKeys } from './vit/keys-timm';
export type { ViTOptions } from './vit/options';
export { vit, vitB16, vitB32, vitL16, vitS16, vitSmall, vitTi16 } from './vit/presets';
