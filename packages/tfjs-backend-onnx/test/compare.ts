/** A tensor's values with what they are values of. */
export interface Result {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: string;
}

export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

/**
 * What is other in `got` than in `want`, or null. NaN equals NaN alone and an infinity itself alone;
 * integers and bools must be the same, floats within atol + rtol · |want|.
 */
export function difference(
  got: Result,
  want: Result,
  { rtol = 1e-5, atol = 1e-6 }: Tolerance = {},
): string | null {
  const describe = ({ dtype, shape }: Result): string => `${dtype} of shape [${shape.join()}]`;
  if (describe(got) !== describe(want)) return `got ${describe(got)}, want ${describe(want)}`;
  if (got.values.length !== want.values.length) {
    return `got ${got.values.length} values, want ${want.values.length} (${describe(want)})`;
  }
  const exact = want.dtype !== 'float32';
  for (const [i, value] of want.values.entries()) {
    const other = got.values[i] as number;
    if (Object.is(value, other) || value === other) continue;
    const close =
      Number.isFinite(value) && Math.abs(value - other) <= atol + rtol * Math.abs(value);
    if (exact || !close) return `element ${i}: got ${other}, want ${value} (${describe(want)})`;
  }
  return null;
}
