/** An integer of a graph (a size, a bound): its value in each of the traces. */
export type Dimension = readonly number[];

/** coefficient · Π sizeᵉ, with an exponent for each dynamic size. */
export interface Term {
  readonly coefficient: number;
  readonly exponents: readonly number[];
}

export const isFixed = (dimension: Dimension): boolean =>
  dimension.every((value) => value === dimension[0]);

export const sameDimension = (a: Dimension, b: Dimension): boolean =>
  a.every((value, trace) => value === b[trace]);

/**
 * The highest supported degree of polynomials of dynamic sizes. Every image against every text has
 * degree 2.
 */
const DEGREE = 2;

/**
 * The sizes at which a function is traced, four for each dynamic size. The second four are for
 * functions with a fixed size that equals one of the first four. They are small, since position
 * tables end and functions may split large batches into chunks. They grow fast, so that a function
 * with chunks has different numbers of chunks and is noticed.
 */
export const SIZES: readonly (readonly number[])[] = [
  [5, 7, 9, 13],
  [6, 10, 11, 15],
];

/**
 * The dynamic sizes of the traces. A dimension is expressed as a polynomial of them with integer
 * coefficients, which is found by interpolation and confirmed by a further trace.
 */
export class Samples {
  /** By trace, then by dynamic size. */
  readonly sizes: readonly (readonly number[])[];
  private readonly exponents: readonly (readonly number[])[];

  /**
   * @param sizes four increasing numbers, the sizes of the first name. The sizes of further names
   *   are larger by 1, 2, ….
   */
  constructor(
    readonly names: readonly string[],
    sizes: readonly number[],
  ) {
    this.exponents = exponentsOf(names.length);
    const confirming = names.map(() => DEGREE + 1);
    const steps = names.length === 0 ? [[]] : [...this.exponents, confirming];
    this.sizes = steps.map((step) => step.map((at, i) => (sizes[at] as number) + i));
  }

  /** How many traces there are. */
  get count(): number {
    return this.sizes.length;
  }

  /** The polynomial that gives the dimension in every trace, or null if there is none. */
  terms(dimension: Dimension): readonly Term[] | null {
    const [first] = dimension as readonly [number];
    if (isFixed(dimension)) return [{ coefficient: first, exponents: this.names.map(() => 0) }];
    const matrix = this.exponents.map((_, row) =>
      this.exponents.map((exponents) => monomial(this.sizes[row] as number[], exponents)),
    );
    const coefficients = solve(matrix, dimension.slice(0, matrix.length)).map(Math.round);
    const holds = this.sizes.every((sizes, trace) => {
      const value = coefficients.reduce(
        (sum, coefficient, i) => sum + coefficient * monomial(sizes, this.exponents[i] as number[]),
        0,
      );
      return value === dimension[trace];
    });
    if (!holds) return null;
    return this.exponents
      .map((exponents, i) => ({ coefficient: coefficients[i] as number, exponents }))
      .filter(({ coefficient }) => coefficient !== 0);
  }

  /** The dimension as a readable name, also for ONNX: `batch`, `2*batch`, `images*texts`. */
  describe(dimension: Dimension): number | string | null {
    const [first] = dimension as readonly [number];
    if (isFixed(dimension)) return first;
    const terms = this.terms(dimension);
    return terms === null ? null : terms.map((term) => this.describeTerm(term)).join('+');
  }

  private describeTerm({ coefficient, exponents }: Term): string {
    const factors = exponents.flatMap((exponent, i) =>
      new Array<string>(exponent).fill(this.names[i] as string),
    );
    return (coefficient === 1 && factors.length > 0 ? factors : [coefficient, ...factors]).join(
      '*',
    );
  }
}

function monomial(sizes: readonly number[], exponents: readonly number[]): number {
  return exponents.reduce((product, exponent, i) => product * (sizes[i] as number) ** exponent, 1);
}

/** The exponents of every monomial up to the degree, the constant first. */
function exponentsOf(count: number): number[][] {
  let found: number[][] = [[]];
  for (let i = 0; i < count; i++) {
    found = found.flatMap((exponents) => {
      const used = exponents.reduce((sum, exponent) => sum + exponent, 0);
      return Array.from({ length: DEGREE - used + 1 }, (_, exponent) => [...exponents, exponent]);
    });
  }
  return found;
}

/** Gaussian elimination with row pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const at = (i: number, j: number): number => rows[i]?.[j] as number;
  for (let k = 0; k < rows.length; k++) {
    let pivot = k;
    for (let i = k; i < rows.length; i++)
      if (Math.abs(at(i, k)) > Math.abs(at(pivot, k))) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    rows.forEach((row, i) => {
      if (i === k) return;
      const factor = at(i, k) / at(k, k);
      rows[i] = row.map((value, j) => value - factor * at(k, j));
    });
  }
  return rows.map((_, i) => at(i, rows.length) / at(i, i));
}
