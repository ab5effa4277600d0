import type { KeyMap } from '@crossweave/checkpoints';
import {
  huggingFaceClipViTKeys,
  huggingFaceResNetKeys,
  huggingFaceViTKeys,
  openClipResNetKeys,
  openClipViTKeys,
  timmFastVitKeys,
  timmResNetKeys,
  timmViTKeys,
  torchvisionMobileNetV3Keys,
  torchvisionResNetKeys,
} from '@crossweave/image-encoder';
import {
  huggingFaceBertKeys,
  huggingFaceClipTextKeys,
  huggingFaceDistilBertKeys,
  huggingFaceRobertaKeys,
  openClipTextKeys,
} from '@crossweave/text-encoder';

/** The names a config's `weights.keys` may give: the library that wrote the checkpoint, and the architecture. */
export const keyMaps = {
  'hugging-face-bert': huggingFaceBertKeys,
  'hugging-face-clip-text': huggingFaceClipTextKeys,
  'hugging-face-clip-vit': huggingFaceClipViTKeys,
  'hugging-face-distilbert': huggingFaceDistilBertKeys,
  'hugging-face-resnet': huggingFaceResNetKeys,
  'hugging-face-roberta': huggingFaceRobertaKeys,
  'hugging-face-vit': huggingFaceViTKeys,
  'open-clip-resnet': openClipResNetKeys,
  'open-clip-text': openClipTextKeys,
  'open-clip-vit': openClipViTKeys,
  'timm-fastvit': timmFastVitKeys,
  'timm-resnet': timmResNetKeys,
  'timm-vit': timmViTKeys,
  'torchvision-mobilenet-v3': torchvisionMobileNetV3Keys,
  'torchvision-resnet': torchvisionResNetKeys,
} as const satisfies Readonly<Record<string, KeyMap>>;
