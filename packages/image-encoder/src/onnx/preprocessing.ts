import { FileFormatError } from '@crossweave/core';
import type { ImagePreprocessing } from '../preprocessing';

/** An edge in pixels as the files write it. */
interface Size {
  readonly height?: unknown;
  readonly width?: unknown;
  readonly shortest_edge?: unknown;
}

/**
 * Size and normalisation of a Hugging Face `preprocessor_config.json`. The size is that of the crop,
 * if there is one.
 *
 * @throws FileFormatError for a file that says something else than size, mean and deviation.
 */
export function readPreprocessing(where: string, value: unknown): ImagePreprocessing {
  const config = (typeof value === 'object' ? value : null) as Record<string, unknown> | null;
  const fail = (name: string, expected: string): never => {
    const got = config?.[name];
    throw new FileFormatError(`"${name}" is not understood`, {
      where,
      expected,
      got: got === undefined ? 'nothing' : got,
      advice: 'Give the encoder its preprocessing in the options.',
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
