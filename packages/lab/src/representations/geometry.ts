import { number, requireValue } from '@crossweave/core/authoring';
import {
  meanRow,
  requireAligned,
  requireVectors,
  rowsOf,
  squaredDistance,
  unitRows,
  type Vectors,
} from './vectors';

const power = number({ above: 0, max: 8 });
const sharpness = number({ above: 0, max: 1000 });

/**
 * The mean of ‖x_i − y_i‖^α over pairs of unit vectors (Wang and Isola 2020, arXiv 2005.10242), in
 * [0, 2^α]; smaller is closer. Rows are divided by their lengths.
 *
 * @param alpha α, in (0, 8]. Default 2.
 * @throws ConfigError for sides that do not fit each other or a row of zeros; NonFiniteError.
 */
export function alignment(x: Vectors, y: Vectors, alpha = 2): number {
  const where = 'alignment';
  requireVectors(where, 'x', x);
  requireVectors(where, 'y', y);
  requireAligned(where, x, y, true);
  requireValue(where, 'alpha', alpha, power);
  const [a, b] = [unitRows(where, 'x', x), unitRows(where, 'y', y)];
  let sum = 0;
  for (let i = 0; i < rowsOf(x); i++) sum += squaredDistance(a, i, b, i, x.width) ** (alpha / 2);
  return sum / rowsOf(x);
}

/**
 * ln of the mean of exp(−t·‖x_i − x_j‖²) over pairs i < j of unit vectors (Wang and Isola 2020), in
 * [−4t, 0]; smaller is more evenly spread, 0 where all are equal. n²/2 distances.
 *
 * @param x two rows or more; they are divided by their lengths.
 * @param t sharpness of the kernel, in (0, 1000]. Default 2.
 * @throws ConfigError for one row alone or a row of zeros; NonFiniteError.
 */
export function uniformity(x: Vectors, t = 2): number {
  const where = 'uniformity';
  requireVectors(where, 'x', x, 2);
  requireValue(where, 't', t, sharpness);
  const unit = unitRows(where, 'x', x);
  const rows = rowsOf(x);
  // Beside the nearest pair, so that a sharp kernel does not end at ln 0.
  let nearest = Infinity;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const distance = squaredDistance(unit, i, unit, j, x.width);
      if (distance < nearest) {
        sum *= Math.exp(-t * (nearest - distance));
        nearest = distance;
      }
      sum += Math.exp(-t * (distance - nearest));
    }
  }
  return Math.log((2 * sum) / (rows * (rows - 1))) - t * nearest;
}

/**
 * ‖mean of x − mean of y‖ over unit vectors (Liang et al. 2022, arXiv 2203.02053, Δ_gap), in [0, 2]: how
 * far apart the two modalities lie as wholes. Rows are divided by their lengths; the sides may differ in
 * number.
 *
 * @throws ConfigError for different widths or a row of zeros; NonFiniteError.
 */
export function modalityGap(x: Vectors, y: Vectors): number {
  const where = 'modalityGap';
  requireVectors(where, 'x', x);
  requireVectors(where, 'y', y);
  const [a, b] = [unitRows(where, 'x', x), unitRows(where, 'y', y)].map((unit, i) => ({
    values: meanRow(unit, i === 0 ? x.width : y.width),
    width: i === 0 ? x.width : y.width,
  }));
  requireAligned(where, a!, b!, true);
  return Math.sqrt(squaredDistance(a!.values, 0, b!.values, 0, x.width));
}
