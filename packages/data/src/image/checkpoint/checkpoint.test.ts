import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../decode';
import { normaliseImages } from '../normalise';
import { clipPreprocessing, decodeOptionsOf, siglipPreprocessing } from '../preprocessing';
import { checkpointPreprocessing } from './index';

interface Case {
  readonly given: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly size: number;
  readonly values: readonly number[];
}

const fixture = new URL('../../../fixtures/preprocessing.json', import.meta.url);
const { png, cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { png: string; cases: Case[] };
const named = cases.map((each) => ({ ...each, name: JSON.stringify(each.given) }));

describe('checkpointPreprocessing', () => {
  it.each(named)("gives transformers' pixel values for $name", async (each) => {
    const preprocessing = checkpointPreprocessing(each.config, 'preprocessor_config.json');
    expect(preprocessing.size).toBe(each.size);
    const { normalise } = preprocessing;
    const options = decodeOptionsOf(preprocessing);
    const picture = await decodeImage(Buffer.from(png, 'base64'), 'test', options);
    const tensor = normaliseImages([picture], each.size, normalise);
    const values = await tensor.data();
    tensor.dispose();
    // The fixture has five decimals.
    each.values.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 4));
  });

  it.each(named)('fills in what $name leaves out, as the class does', ({ given, config }) => {
    expect(checkpointPreprocessing(given, 'x')).toEqual(checkpointPreprocessing(config, 'x'));
  });

  it('knows the presets by what their checkpoints say', () => {
    expect(
      checkpointPreprocessing({ image_processor_type: 'CLIPImageProcessorFast' }, 'x'),
    ).toEqual(clipPreprocessing);
    expect(
      checkpointPreprocessing({ image_processor_type: 'SiglipImageProcessorFast' }, 'x'),
    ).toEqual(siglipPreprocessing);
  });

  it('reads configs of timm and open_clip', () => {
    const timm = {
      input_size: [3, 224, 224],
      interpolation: 'bicubic',
      crop_pct: 0.9,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    };
    expect(checkpointPreprocessing({ architecture: 'v', pretrained_cfg: timm }, 'x')).toEqual({
      size: 224,
      resize: 'shortest-and-centre-crop',
      resizeTo: 248,
      middle: 'rounded',
      filter: 'bicubic',
      normalise: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    });
    const squash = { ...timm, crop_pct: 1, crop_mode: 'squash' };
    expect(checkpointPreprocessing({ pretrained_cfg: squash }, 'x')).toMatchObject({
      resize: 'squash',
      resizeTo: 224,
    });
    const vision = { model_cfg: { vision_cfg: { image_size: 224 } } };
    expect(checkpointPreprocessing({ ...vision, preprocess_cfg: {} }, 'x')).toEqual(
      clipPreprocessing,
    );
    const open = { resize_mode: 'squash', mean: [0, 0, 0], std: [1, 1, 1], size: [256, 256] };
    expect(checkpointPreprocessing({ ...vision, preprocess_cfg: open }, 'x')).toMatchObject({
      size: 256,
      resize: 'squash',
    });
  });

  it.each<[object, RegExp]>([
    [{ image_processor_type: 'EfficientNetImageProcessor' }, /class that is not known.*ConvNext/],
    [{ image_processor_type: 'constructor' }, /class that is not known/],
    [{ image_processor_type: 'ViTImageProcessor', resample: 0 }, /filter.*bilinear.*got 0/],
    [{ image_processor_type: 'ViTImageProcessor', do_flip_channel_order: true }, /do_flip_channel/],
    [{ image_processor_type: 'ViTImageProcessor', do_resize: false }, /not resized/],
    [{ image_processor_type: 'CLIPImageProcessor', do_center_crop: false }, /different shapes/],
    [{ image_processor_type: 'CLIPImageProcessor', size: 224, crop_size: 256 }, /crop is larger/],
    [{ image_processor_type: 'ViTImageProcessor', size: { height: 3, width: 4 } }, /no size of sq/],
    [{ image_processor_type: 'ViTImageProcessor', size: { longest_edge: 4 } }, /no size of square/],
    [{ image_processor_type: 'ViTImageProcessor', image_mean: [1, 2] }, /three numbers/],
    [{ image_processor_type: 'ViTImageProcessor', do_normalize: 'yes' }, /true or false/],
    [{ image_processor_type: 'ViTImageProcessor', image_std: 0 }, /"normalise\.std\[0\]"/],
    [{ size: 224, resample: 3 }, /not said what the size/],
    [{ size: { height: 9, width: 9 }, resample: 3 }, /image_mean and image_std/],
    [{}, /resample is not given/],
    [[], /no JSON object/],
    [{ pretrained_cfg: { input_size: [1, 8, 8] } }, /three channels/],
    [{ pretrained_cfg: { crop_mode: 'border' } }, /crop_mode/],
    [{ pretrained_cfg: { interpolation: 'random' } }, /"bilinear", "bicubic", "lanczos"/],
    [{ preprocess_cfg: {} }, /size is not given/],
    [{ preprocess_cfg: { size: 8, resize_mode: 'longest' } }, /resize_mode/],
  ])('refuses %j', (config, message) => {
    expect(() => checkpointPreprocessing(config, 'config.json')).toThrow(message);
  });
});
