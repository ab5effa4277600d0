/**
 * Size and normalisation of a model's pictures: (value / 255 − mean) / std, for red, green and
 * blue.
 */
export interface ImagePreprocessing {
  /** Height in pixels. */
  readonly height: number;
  readonly width: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const at224 = { height: 224, width: 224 } as const;

const imagenet: ImagePreprocessing = {
  ...at224,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
/** The range [−1, 1] of Google's vision transformers. */
const centred: ImagePreprocessing = { ...at224, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const clip: ImagePreprocessing = {
  ...at224,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

const published: Readonly<Record<string, ImagePreprocessing>> = {
  resnet18: imagenet,
  resnet34: imagenet,
  resnet50: imagenet,
  resnet101: imagenet,
  resnet152: imagenet,
  'mobilenet-v3-small': imagenet,
  // The weights are DeiT's.
  'vit-ti16': imagenet,
  'vit-s16': imagenet,
  'vit-b16': centred,
  'vit-b32': centred,
  'vit-l16': centred,
  'clip-vit-b32': clip,
  'clip-vit-b16': clip,
  'clip-vit-l14': clip,
  'clip-rn50': clip,
};

/**
 * The size and normalisation of pictures with which the published weights of a preset were trained.
 * `name` is the preset's name in `imageEncoders`. Undefined for presets without published weights.
 *
 * Different weights of the same architecture may need different preprocessing; prefer the
 * `preprocessor_config.json` of a checkpoint if there is one.
 */
export function preprocessingOf(name: string): ImagePreprocessing | undefined {
  return Object.hasOwn(published, name) ? published[name] : undefined;
}
