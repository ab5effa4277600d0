import { ConfigError } from '@crossweave/core';
import { requireText } from '@crossweave/core/authoring';
import { requirePreprocessing, type Preprocessing } from '../preprocessing';
import { fromHuggingFace } from './hugging-face';
import { fromOpenClip, fromTimm } from './timm';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The preprocessing that a checkpoint asks for, of the parsed JSON beside its weights:
 * `preprocessor_config.json` (Hugging Face), `config.json` with a `pretrained_cfg` (timm), or
 * `open_clip_config.json`. Where a file leaves something out, its library's default holds.
 *
 * The pixels are those of Pillow, byte for byte (of torchvision, which resizes for the processors
 * called fast, to a step of a byte).
 *
 * @param where names the file in errors
 * @throws ConfigError when the file asks for a step, a filter or a shape that is not made here
 */
export function checkpointPreprocessing(config: unknown, where: string): Preprocessing {
  requireText('checkpointPreprocessing', 'where', where);
  if (!isFields(config)) {
    throw new ConfigError('the preprocessing is no JSON object', { where, got: config });
  }
  const preprocessing = read(config, where);
  requirePreprocessing(where, preprocessing);
  return preprocessing;
}

function read(config: Fields, where: string): Preprocessing {
  const { pretrained_cfg: timm, preprocess_cfg: openClip } = config;
  if (isFields(openClip)) return fromOpenClip(openClip, imageSizeOf(config), where);
  return isFields(timm) ? fromTimm(timm, where) : fromHuggingFace(config, where);
}

function imageSizeOf({ model_cfg: model }: Fields): unknown {
  const vision = isFields(model) ? model['vision_cfg'] : undefined;
  return isFields(vision) ? vision['image_size'] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
