import {
  reshape,
  slice,
  tidy,
  type Rank,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors';
import { parameter, type Params } from '../params';
import { showShape } from '../shapes';

/**
 * The first `count` rows of a table of learned positions, `path.weight` [N, D]: [1, count, D], to
 * be added to sequences [B, count, D].
 *
 * @param advice the advice of the error.
 * @throws ShapeError when the table has fewer rows.
 */
export function learnedPositions(
  params: Params,
  path: string,
  count: number,
  advice?: string,
): Tensor3D {
  const table = parameter<Tensor2D>(params, `${path}.weight`);
  const [rows, dim] = table.shape;
  if (count > rows) {
    throw new ShapeError('there are more tokens than learned positions', {
      where: path,
      expected: `at most ${rows} tokens`,
      got: showShape(['B', count, 'D']),
      ...(advice !== undefined && { advice }),
    });
  }
  return tidy(() => reshape<Rank.R3>(slice(table, [0, 0], [count, dim]), [1, count, dim]));
}
