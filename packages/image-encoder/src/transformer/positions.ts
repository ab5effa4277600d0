import { matMul, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { ShapeError, showShape } from '@crossweave/core';

/** Rows and columns of patches. */
export type Grid = readonly [rows: number, columns: number];

/**
 * Converts a table of positions [1 + h·w, D], the class token's first, to a different grid: [1 +
 * h'·w', D] by bicubic interpolation. The row of the class token does not change; without a class
 * token (`extra` 0) there is no such row. For the same grid the same table is returned.
 *
 * The interpolation is that of Hugging Face's `interpolate_pos_encoding`: PyTorch's
 * `interpolate(mode='bicubic')` without aligned corners; with or without antialiasing, which have
 * different kernels. It is linear in the table, so it is computed as one matrix product. `where`
 * names the table in errors.
 *
 * @throws ShapeError unless the table has a row for the class token and for each place of `from`.
 */
export function resizePositions(
  where: string,
  table: Tensor2D,
  from: Grid,
  to: Grid,
  extra: 0 | 1 = 1,
  antialias = false,
): Tensor2D {
  const width = extra + from[0] * from[1];
  if (table.shape[0] !== width) {
    throw new ShapeError('the table of positions is for pictures of a different size', {
      where,
      expected: showShape([width, '...']),
      got: showShape(table.shape),
      advice:
        'Set "positionSize" to the size of the pictures with which the checkpoint was trained.',
    });
  }
  if (from[0] === to[0] && from[1] === to[1]) return table;
  const weightsOf = antialias ? smoothWeights : bicubicWeights;
  const [rows, columns] = [weightsOf(from[0], to[0]), weightsOf(from[1], to[1])];
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

/** Weights [to][from] of one axis, by Keys' bicubic kernel with a = −0.75 as in PyTorch. */
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

/**
 * Weights [to][from] of one axis with `antialias=True`: Keys' kernel with a = −0.5, widened where the
 * axis shrinks, over the places that there are.
 */
function smoothWeights(from: number, to: number): Float64Array[] {
  const kernel = (x: number): number => {
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
  };
  const width = Math.max(1, from / to);
  return Array.from({ length: to }, (_, place) => {
    const centre = ((place + 0.5) * from) / to;
    const out = Float64Array.from({ length: from }, (_, i) =>
      kernel(Math.abs(i + 0.5 - centre) / width),
    );
    const sum = out.reduce((a, b) => a + b, 0);
    return out.map((weight) => weight / sum);
  });
}
