import { FileFormatError } from '@crossweave/core';
import type { ImagePreprocessing } from '../preprocessing';

/** A size in pixels in one of the forms that such files use. */
interface Size {
  readonly height?: unknown;
  readonly width?: unknown;
  readonly shortest_edge?: unknown;
}

/**
 * Reads size and normalisation from a Hugging Face `preprocessor_config.json`. If the file has a
 * crop, the size is the size of the crop.
 *
 * @throws FileFormatError for a setting that is not supported.
 */
export function readPreprocessing(where: string, value: unknown): ImagePreprocessing {
  const config = (typeof value === 'object' ? value : null) as Record<string, unknown> | null;
  const fail = (name: string, expected: string): never => {
    const got = config?.[name];
    throw new FileFormatError(`the setting "${name}" is not supported`, {
      where,
      expected,
      got: got === undefined ? 'nothing' : got,
      advice: 'Set the option preprocessing of the encoder.',
    });
  };
  const crops = config?.['do_center_crop'] === true && config['crop_size'] !== undefined;
  const sizeName = crops ? 'crop_size' : 'size';
  const size = config?.[sizeName];
  const sides = sidesOf(size) ?? fail(sizeName, 'pixels, or height and width');

  const scaled = (config?.['rescale_factor'] as number | undefined) ?? 1 / 255;
  if (config?.['do_rescale'] === false || Math.abs(scaled * 255 - 1) > 1e-6) {
    fail('rescale_factor', '1/255');
  }
  const channels = (name: string, otherwise: number): readonly [number, number, number] => {
    if (config?.['do_normalize'] === false) return [otherwise, otherwise, otherwise];
    const found = config?.[name];
    const good =
      Array.isArray(found) && found.length === 3 && found.every((entry) => Number.isFinite(entry));
    return good ? (found as [number, number, number]) : fail(name, 'three numbers');
  };
  return { ...sides, mean: channels('image_mean', 0), std: channels('image_std', 1) };
}

function sidesOf(size: unknown): { height: number; width: number } | undefined {
  const given: Size =
    typeof size === 'number'
      ? { shortest_edge: size }
      : typeof size === 'object' && size !== null
        ? size
        : {};
  const height = given.height ?? given.shortest_edge;
  const width = given.width ?? given.shortest_edge;
  const positive = (side: unknown): side is number =>
    Number.isInteger(side) && (side as number) > 0;
  return positive(height) && positive(width) ? { height, width } : undefined;
}
