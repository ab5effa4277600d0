import { max, min, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { ShapeError } from '@crossweave/core';
import type { Preprocessing } from '@crossweave/data';

/** A filter that was not cut off at black and white may go beyond by a part of the range. */
const beyond = 0.25;

/**
 * Pictures of the caller's, as far as it can be seen: pixels from 0 to 255 in the place of normalised ones
 * are far outside of what preprocessing gives. (Pixels from 0 to 1 are within.)
 *
 * @throws ShapeError with the range; not for NaN, of which embeddings tell.
 */
export async function requireNormalised(
  where: string,
  pictures: Tensor4D,
  { normalise: { mean, std } }: Preprocessing,
): Promise<void> {
  if (pictures.size === 0) return;
  const bounds = [0, 1].map((level) => mean.map((each, channel) => (level - each) / std[channel]!));
  const [low, high] = [Math.min(...bounds[0]!), Math.max(...bounds[1]!)];
  const slack = beyond * (high - low);
  const extremes = tidy(() => [min(pictures), max(pictures)]);
  try {
    const [least, most] = await Promise.all(extremes.map(async (each) => (await each.data())[0]!));
    const isOutside = least! < low - slack || most! > high + slack;
    if (!isOutside) return;
    throw new ShapeError('the pictures are not normalised as the model reads them', {
      where,
      expected: `values in [${low.toFixed(2)}, ${high.toFixed(2)}]`,
      got: `values in [${least!.toFixed(2)}, ${most!.toFixed(2)}]`,
      advice: 'Pass image files, or pictures as preprocess of the model makes them.',
    });
  } finally {
    for (const each of extremes) each.dispose();
  }
}
