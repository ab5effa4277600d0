/**
 * Ridge regression of many targets at once: the W [D × K] that minimises
 * ‖X·W − Y‖² + penalty·‖W‖², by Cholesky's decomposition of XᵀX + penalty·I.
 *
 * @param x [n × width] row by row.
 * @param y [n × targets] row by row.
 * @param penalty > 0.
 */
export function ridge(
  x: Float64Array,
  y: Float64Array,
  width: number,
  targets: number,
  penalty: number,
): Float64Array {
  const count = x.length / width;
  const gram = new Float64Array(width * width);
  const right = new Float64Array(width * targets);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < width; i++) {
      const value = x[n * width + i]!;
      for (let j = 0; j <= i; j++) gram[i * width + j]! += value * x[n * width + j]!;
      for (let k = 0; k < targets; k++) right[i * targets + k]! += value * y[n * targets + k]!;
    }
  }
  for (let i = 0; i < width; i++) gram[i * width + i]! += penalty;
  const lower = cholesky(gram, width);
  // L·Z = right, then Lᵀ·W = Z, in place.
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) subtractRow(right, targets, i, j, lower[i * width + j]!);
    divideRow(right, targets, i, lower[i * width + i]!);
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let j = i + 1; j < width; j++) subtractRow(right, targets, i, j, lower[j * width + i]!);
    divideRow(right, targets, i, lower[i * width + i]!);
  }
  return right;
}

/** The lower triangular L with L·Lᵀ equal to the (lower half of the) matrix. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const lower = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * width + j]!;
      for (let k = 0; k < j; k++) rest -= lower[i * width + k]! * lower[j * width + k]!;
      lower[i * width + j] = i === j ? Math.sqrt(rest) : rest / lower[j * width + j]!;
    }
  }
  return lower;
}

function subtractRow(m: Float64Array, width: number, row: number, other: number, by: number): void {
  for (let k = 0; k < width; k++) m[row * width + k]! -= by * m[other * width + k]!;
}

function divideRow(m: Float64Array, width: number, row: number, by: number): void {
  for (let k = 0; k < width; k++) m[row * width + k]! /= by;
}
