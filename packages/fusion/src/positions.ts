import { reshape, slice, type Rank, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { ShapeError, showShape } from '@crossweave/core';
import type { Side } from './features';

/**
 * The first `count` rows of a table of learned positions [N, D], as [1, count, D].
 *
 * @throws ShapeError when there are fewer rows.
 */
export function learnedPositions(
  table: Tensor2D,
  where: string,
  side: Side,
  count: number,
): Tensor3D {
  const [rows, dim] = table.shape;
  if (count > rows) {
    throw new ShapeError(`there are more ${side} tokens than learned positions`, {
      where,
      expected: `at most ${rows} tokens`,
      got: showShape(['B', count, 'D']),
      advice:
        side === 'text' ? 'Raise maxTextTokens.' : 'Use the image size the model was made for.',
    });
  }
  return reshape<Rank.R3>(slice(table, [0, 0], [count, dim]), [1, count, dim]);
}
