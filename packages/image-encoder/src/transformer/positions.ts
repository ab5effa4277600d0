import { matMul, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { ShapeError, showShape } from '@crossweave/core';

/** Rows and columns of patches. */
export type Grid = readonly [rows: number, columns: number];

/**
 * A table of positions [1 + h·w, D], the class token's first, for another grid: [1 + h'·w', D] by
 * bicubic interpolation, the class token's row as it is. The same table for the same grid. Without
 * a class token (`extra` 0) there is no such row.
 *
 * `where` names the table in errors. As Hugging Face's `interpolate_pos_encoding`: PyTorch's
 * `interpolate(mode='bicubic')` with corners not aligned and without antialiasing. Interpolation is
 * linear in the table, so it is computed as one matrix product.
 *
 * @throws ShapeError unless the table has a row for the class token and each place of `from`.
 */
export function resizePositions(
  where: string,
  table: Tensor2D,
  from: Grid,
  to: Grid,
  extra: 0 | 1 = 1,
): Tensor2D {
  const width = extra + from[0] * from[1];
  if (table.shape[0] !== width) {
    throw new ShapeError('the table of positions is for other pictures', {
      where,
      expected: showShape([width, '...']),
      got: showShape(table.shape),
      advice: 'Give "positionSize": the size of the pictures that the checkpoint was trained with.',
    });
  }
  if (from[0] === to[0] && from[1] === to[1]) return table;
  const [rows, columns] = [bicubicWeights(from[0], to[0]), bicubicWeights(from[1], to[1])];
  const weights = new Float32Array((extra + to[0] * to[1]) * width);
  if (extra === 1) weights[0] = 1;
  let at = extra * width;
  for (const row of rows) {
    for (const column of columns) {
      row.forEach((above, i) => {
        column.forEach((beside, j) => (weights[at + extra + i * from[1] + j] = above * beside));
      });
      at += width;
    }
  }
  return tidy(() => matMul(tensor2d(weights, [weights.length / width, width]), table));
}

/** Keys' bicubic kernel with a = −0.75, as PyTorch has it: weights [to][from] of one axis. */
function bicubicWeights(from: number, to: number): Float64Array[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return Array.from({ length: to }, (_, place) => {
    const source = ((place + 0.5) * from) / to - 0.5;
    const first = Math.floor(source);
    const t = source - first;
    const out = new Float64Array(from);
    [far(t + 1), near(t), near(1 - t), far(2 - t)].forEach((weight, i) => {
      const clamped = Math.min(Math.max(first - 1 + i, 0), from - 1);
      out[clamped] = out[clamped]! + weight;
    });
    return out;
  });
}
