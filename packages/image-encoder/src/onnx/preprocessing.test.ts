import { FileFormatError } from '@crossweave/core';
import { expect, it } from 'vitest';
import { readPreprocessing } from './preprocessing';

const mean = [0.48, 0.46, 0.41];
const std = [0.27, 0.26, 0.28];
const base = { size: { height: 224, width: 192 }, image_mean: mean, image_std: std };

it.each([
  [base, { height: 224, width: 192, mean, std }],
  [
    { ...base, size: 96 },
    { height: 96, width: 96, mean, std },
  ],
  [
    { ...base, do_center_crop: true, size: { shortest_edge: 256 }, crop_size: 224 },
    { height: 224, width: 224, mean, std },
  ],
  [
    { ...base, do_center_crop: false, crop_size: 10, size: { shortest_edge: 64 } },
    { height: 64, width: 64, mean, std },
  ],
  [
    { size: 8, do_normalize: false, rescale_factor: 0.00392156862745098 },
    { height: 8, width: 8, mean: [0, 0, 0], std: [1, 1, 1] },
  ],
])('reads %j', (config, expected) => {
  expect(readPreprocessing('file', config)).toEqual(expected);
});

it.each([
  [null, /file: the setting "size".*got nothing/],
  [{ ...base, size: { longest_edge: 5 } }, /"size" is not supported.*longest_edge/],
  [{ ...base, size: 0 }, /"size"/],
  [{ ...base, image_std: [1] }, /"image_std".*three numbers.*\[1\]/],
  [{ ...base, image_mean: undefined }, /"image_mean".*got nothing/],
  [{ ...base, rescale_factor: 0.5 }, /"rescale_factor".*1\/255.*0.5/],
  [{ ...base, do_rescale: false }, /"rescale_factor"/],
])('refuses %j', (config, message) => {
  expect(() => readPreprocessing('file', config)).toThrow(FileFormatError);
  expect(() => readPreprocessing('file', config)).toThrow(message);
});
