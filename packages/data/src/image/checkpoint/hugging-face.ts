import { clipNormalisation, siglipNormalisation, type Preprocessing } from '../preprocessing';
import { imagenetNormalisation, type Normalisation } from '../normalise';
import type { ResizeFilter } from '../filters';
import { FieldReader } from './fields';

/** What an image processor does where its file does not say it. */
interface ProcessorDefaults {
  /** Of one number as `size`: both sides, or the shorter one. */
  readonly sizeMeans: 'sides' | 'shortest';
  readonly size: number;
  readonly resample: number;
  /** Side of the centre crop; 0 for none. */
  readonly crop: number;
  readonly normalise: Normalisation;
}

const clip: ProcessorDefaults = {
  sizeMeans: 'shortest',
  size: 224,
  resample: 3,
  crop: 224,
  normalise: clipNormalisation,
};
const vit: ProcessorDefaults = {
  sizeMeans: 'sides',
  size: 224,
  resample: 2,
  crop: 0,
  normalise: siglipNormalisation,
};

/** Of transformers 4.57, by class without `ImageProcessor`, `ImageProcessorFast`, `FeatureExtractor`. */
const processors: Readonly<Record<string, ProcessorDefaults>> = {
  CLIP: clip,
  ChineseCLIP: clip,
  Bit: clip,
  Siglip: { ...vit, resample: 3 },
  ViT: vit,
  DeiT: { ...vit, size: 256, resample: 3, crop: 224 },
  Beit: { ...vit, size: 256, resample: 3, crop: 224 },
  Blip: { ...vit, size: 384, resample: 3, normalise: clipNormalisation },
  Flava: { ...vit, resample: 3, crop: 224, normalise: clipNormalisation },
  MobileNetV1: { ...vit, sizeMeans: 'shortest', size: 256, crop: 224 },
  MobileNetV2: { ...vit, sizeMeans: 'shortest', size: 256, crop: 224 },
  // The original does not round the resized values to bytes.
  DINOv3ViT: { ...vit, normalise: imagenetNormalisation },
  ConvNext: { ...vit, sizeMeans: 'shortest', size: 384 },
};

/** Pillow's numbers of the filters that are made here. */
const filters: Readonly<Record<number, ResizeFilter>> = {
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
};

/** Steps that are made here, or change no pixel of an RGB picture. */
const known = ['do_resize', 'do_center_crop', 'do_rescale', 'do_normalize', 'do_convert_rgb'];
/** Steps of other kinds, for models of several tasks. */
const others = ['do_reduce_labels'];

/**
 * What a Hugging Face checkpoint's `preprocessor_config.json` asks for.
 *
 * @throws ConfigError for a class of processor that is not known, or a step that is not made here
 */
export function fromHuggingFace(
  config: Readonly<Record<string, unknown>>,
  where: string,
): Preprocessing {
  const read = new FieldReader(config, where);
  const name = read.text('image_processor_type') ?? read.text('feature_extractor_type');
  const kind = name?.replace(/(ImageProcessor(Fast)?|FeatureExtractor)$/, '');
  const defaults = kind === undefined ? undefined : processors[kind];
  if (kind !== undefined && !Object.hasOwn(processors, kind)) {
    throw read.refusal('the image processor is of a class that is not known', {
      expected: `one of ${Object.keys(processors).join(', ')}`,
      got: name,
    });
  }
  const unknown = Object.keys(config).find(
    (key) => /^do_/.test(key) && ![...known, ...others].includes(key) && config[key] !== false,
  );
  if (unknown !== undefined) {
    throw read.refusal(`the step "${unknown}" is not made here`, { got: config[unknown] });
  }
  if (read.flag('do_resize') === false) {
    throw read.refusal('the pictures are not resized', { expected: '"do_resize": true' });
  }
  const resample = read.raw('resample') ?? defaults?.resample ?? read.lacking('resample');
  const filter = filters[Number(resample)];
  if (filter === undefined) {
    throw read.refusal('the filter of resizing is not made here', {
      expected: '"resample": 1 (lanczos), 2 (bilinear) or 3 (bicubic)',
      got: resample,
    });
  }
  const geometry = kind === 'ConvNext' ? convNext(read) : geometryOf(read, defaults);
  const middle = name?.endsWith('Fast') === true ? 'rounded' : 'floored';
  return { ...geometry, middle, filter, normalise: normalisationOf(read, defaults) };
}

type Geometry = Pick<Preprocessing, 'size' | 'resize' | 'resizeTo'>;

function geometryOf(read: FieldReader, defaults: ProcessorDefaults | undefined): Geometry {
  const given = read.size('size') ?? (defaults && { [defaults.sizeMeans]: defaults.size });
  const means = defaults?.sizeMeans;
  const sides = given?.sides ?? (means === 'sides' ? given?.number : undefined);
  const shortest = given?.shortest ?? (means === 'shortest' ? given?.number : undefined);
  const resizeTo = sides ?? shortest;
  if (resizeTo === undefined) {
    throw read.refusal('it is not said what the size of the pictures means', {
      expected: '"size": {"height": …, "width": …} or {"shortest_edge": …}',
      got: read.raw('size'),
    });
  }
  const crops = read.flag('do_center_crop') ?? (defaults?.crop ?? 0) > 0;
  const crop = read.size('crop_size');
  const size = crops ? (crop?.sides ?? crop?.number ?? defaults?.crop ?? 0) : resizeTo;
  if (size < 1) return read.lacking('crop_size');
  if (size > resizeTo) {
    throw read.refusal('the crop is larger than the resized picture', {
      expected: `at most ${resizeTo}`,
      got: size,
    });
  }
  if (sides === undefined && !crops) {
    throw read.refusal('the pictures would be of different shapes', {
      expected: '"do_center_crop": true, or a "size" with height and width',
      got: read.raw('size'),
    });
  }
  return {
    size,
    resizeTo,
    resize: sides === undefined ? 'shortest-and-centre-crop' : 'squash',
  };
}

/** ConvNeXT's and ResNet's: below 384 the shorter side becomes size / crop_pct, then the centre. */
function convNext(read: FieldReader): Geometry {
  const given = read.size('size');
  const size = given === undefined ? 384 : (given.shortest ?? given.number);
  if (size === undefined) {
    throw read.refusal('the size is not the shorter side', {
      expected: '"size": {"shortest_edge": …}',
      got: read.raw('size'),
    });
  }
  if (size >= 384) return { size, resizeTo: size, resize: 'squash' };
  const share = read.number('crop_pct') ?? 224 / 256;
  return { size, resizeTo: Math.trunc(size / share), resize: 'shortest-and-centre-crop' };
}

/** (value · factor − mean) / std, as the same of value / 255. */
function normalisationOf(
  read: FieldReader,
  defaults: ProcessorDefaults | undefined,
): Normalisation {
  const factor = read.flag('do_rescale') === false ? 1 : (read.number('rescale_factor') ?? 1 / 255);
  // 1/255 in decimals is 1/255.
  const scale = Math.abs(factor * 255 - 1) < 1e-9 ? 1 : factor * 255;
  const none: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };
  const asked = read.flag('do_normalize') ?? true;
  const mean = asked ? (read.triple('image_mean') ?? defaults?.normalise.mean) : none.mean;
  const std = asked ? (read.triple('image_std') ?? defaults?.normalise.std) : none.std;
  if (mean === undefined || std === undefined) return read.lacking('image_mean and image_std');
  const scaled = (values: readonly [number, number, number]): [number, number, number] => [
    values[0] / scale,
    values[1] / scale,
    values[2] / scale,
  ];
  return { mean: scaled(mean), std: scaled(std) };
}
