import type { KeyMap } from '@crossweave/core';
import {
  huggingFaceClipViTKeys,
  huggingFaceResNetKeys,
  huggingFaceViTKeys,
  openClipResNetKeys,
  openClipViTKeys,
  timmResNetKeys,
  timmViTKeys,
  torchvisionMobileNetV3Keys,
  torchvisionResNetKeys,
} from '@crossweave/image-encoder';
import { openClipText } from '@crossweave/text-encoder';

/** The names a config's `weights.keys` may give: the library that wrote the checkpoint, and the architecture. */
export const keyMaps = {
  'hugging-face-clip-vit': huggingFaceClipViTKeys,
  'hugging-face-resnet': huggingFaceResNetKeys,
  'hugging-face-vit': huggingFaceViTKeys,
  'open-clip-resnet': openClipResNetKeys,
  'open-clip-text': openClipText,
  'open-clip-vit': openClipViTKeys,
  'timm-resnet': timmResNetKeys,
  'timm-vit': timmViTKeys,
  'torchvision-mobilenet-v3': torchvisionMobileNetV3Keys,
  'torchvision-resnet': torchvisionResNetKeys,
} as const satisfies Readonly<Record<string, KeyMap>>;
