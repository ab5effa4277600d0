import { ConfigError } from '@crossweave/core';
import { symmetricEigenvalues } from './symmetric-eigenvalues';
import { meanRow, requireAligned, requireVectors, rowsOf, type Vectors } from './vectors';

/**
 * exp of the entropy of the singular values, taken as shares of their sum (Roy and Vetterli 2007; RankMe,
 * Garrido et al. 2023, arXiv 2210.02885, without its ε): from 1, where all rows lie on one line, to
 * min(n, width). A low one is a collapse of dimensions. The matrix is not centred.
 *
 * @throws ConfigError where every value is 0; NonFiniteError.
 */
export function effectiveRank(x: Vectors): number {
  const where = 'effectiveRank';
  requireVectors(where, 'x', x);
  const rows = rowsOf(x);
  const small = Math.min(rows, x.width);
  const gram =
    rows <= x.width ? products(x.values, rows, x.width, 1) : products(x.values, x.width, rows, 0);
  const values = symmetricEigenvalues(gram, small).map((value) => Math.sqrt(Math.max(value, 0)));
  const sum = values.reduce((a, b) => a + b, 0);
  if (sum === 0) throw constant(where, 'every value of "x" is 0');
  let entropy = 0;
  for (const value of values) if (value > 0) entropy -= (value / sum) * Math.log(value / sum);
  return Math.exp(entropy);
}

/**
 * Linear centred kernel alignment ‖YᵀX‖² / (‖XᵀX‖·‖YᵀY‖) of centred columns, Frobenius norms (Kornblith et
 * al. 2019, arXiv 1905.00414, the biased form), in [0, 1]: 1 where one side is the other turned and scaled.
 * The two sides may differ in width. If there are fewer rows than dimensions, the figure is near 1 even for
 * unrelated sides, so it says nothing.
 *
 * @throws ConfigError for other numbers of rows, or a side whose rows are all equal; NonFiniteError.
 */
export function linearCka(x: Vectors, y: Vectors): number {
  const where = 'linearCka';
  requireVectors(where, 'x', x, 2);
  requireVectors(where, 'y', y, 2);
  requireAligned(where, x, y, false);
  const [a, b] = [centred(x), centred(y)];
  const own = [squareOfProduct(a, a), squareOfProduct(b, b)];
  // Equal rows leave the rounding of their mean.
  const rounding = [x, y].map(({ values }) => (1e-20 * squareOf(values)) ** 2);
  const at = own.findIndex((value, side) => value <= rounding[side]!);
  if (at >= 0) throw constant(where, `the rows of "${at === 0 ? 'x' : 'y'}" are all equal`);
  return squareOfProduct(a, b) / Math.sqrt(own[0]! * own[1]!);
}

function constant(where: string, what: string): ConfigError {
  return new ConfigError(what, {
    where,
    expected: 'vectors that differ',
    advice: 'The model tells nothing apart: look at its loss and its gradients.',
  });
}

/** Products of rows (`across` 1) or of columns (0) with each other, [n × n] of `length` terms each. */
function products(
  values: Float32Array | Float64Array,
  n: number,
  length: number,
  across: 0 | 1,
): Float64Array {
  const [step, stride] = across === 1 ? [1, length] : [n, 1];
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) {
        sum += values[i * stride + k * step]! * values[j * stride + k * step]!;
      }
      out[i * n + j] = sum;
      out[j * n + i] = sum;
    }
  }
  return out;
}

function centred({ values, width }: Vectors): { values: Float64Array; width: number } {
  const mean = meanRow(values, width);
  return { values: Float64Array.from(values, (value, i) => value - mean[i % width]!), width };
}

function squareOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** ‖AᵀB‖², an entry at a time. */
function squareOfProduct(
  a: { values: Float64Array; width: number },
  b: { values: Float64Array; width: number },
): number {
  const rows = a.values.length / a.width;
  const row = new Float64Array(b.width);
  let total = 0;
  for (let i = 0; i < a.width; i++) {
    row.fill(0);
    for (let n = 0; n < rows; n++) {
      const value = a.values[n * a.width + i]!;
      for (let j = 0; j < b.width; j++) row[j]! += value * b.values[n * b.width + j]!;
    }
    for (const each of row) total += each * each;
  }
  return total;
}
