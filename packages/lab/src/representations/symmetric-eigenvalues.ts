/**
 * The eigenvalues of a symmetric matrix, in no order: Householder's reduction to a tridiagonal matrix,
 * then QL steps with implicit shifts (Wilkinson and Reinsch 1971, tred1 and imtql1). About 4/3·n³
 * operations.
 *
 * @param matrix [n × n] row by row; is written over.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix, n);
  for (let low = 0; low < n; low++) {
    for (;;) {
      const end = firstSmall(diagonal, beside, low, n);
      if (end === low) break;
      qlStep(diagonal, beside, low, end);
    }
  }
  return diagonal;
}

interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array;
  /** [n] entry i is beside entries i and i + 1 of the diagonal; the last is 0. */
  readonly beside: Float64Array;
}

function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    // The reflection that takes column k below the diagonal to (α, 0, …, 0).
    let square = 0;
    for (let i = k + 1; i < n; i++) square += a[i * n + k]! ** 2;
    const length = Math.sqrt(square);
    const head = a[(k + 1) * n + k]!;
    const alpha = head > 0 ? -length : length;
    beside[k] = alpha;
    const half = square - head * alpha;
    if (half === 0) continue;
    // v lies in column k; A ← A − v·qᵀ − q·vᵀ on the rest.
    a[(k + 1) * n + k] = head - alpha;
    let vp = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j <= i; j++) sum += a[i * n + j]! * a[j * n + k]!;
      for (let j = i + 1; j < n; j++) sum += a[j * n + i]! * a[j * n + k]!;
      p[i] = sum / half;
      vp += p[i]! * a[i * n + k]!;
    }
    const share = vp / (2 * half);
    for (let i = k + 1; i < n; i++) p[i]! -= share * a[i * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const [vi, qi] = [a[i * n + k]!, p[i]!];
      for (let j = k + 1; j <= i; j++) a[i * n + j]! -= vi * p[j]! + qi * a[j * n + k]!;
    }
  }
  if (n > 1) beside[n - 2] = a[(n - 1) * n + n - 2]!;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside };
}

/** From `low` on, the first place after which the matrix falls into two. */
function firstSmall(diagonal: Float64Array, beside: Float64Array, low: number, n: number): number {
  for (let i = low; i < n - 1; i++) {
    const size = Math.abs(diagonal[i]!) + Math.abs(diagonal[i + 1]!);
    if (Math.abs(beside[i]!) <= Number.EPSILON * size) return i;
  }
  return n - 1;
}

/** One QL step on the entries from `low` to `end`, in place. */
function qlStep(d: Float64Array, e: Float64Array, low: number, end: number): void {
  const lead = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.hypot(lead, 1);
  let g = d[end]! - d[low]! + e[low]! / (lead + (lead >= 0 ? root : -root));
  let [sine, cosine, carry] = [1, 1, 0];
  for (let i = end - 1; i >= low; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= carry;
      e[end] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - carry;
    const s = (d[i]! - g) * sine + 2 * cosine * b;
    carry = sine * s;
    d[i + 1] = g + carry;
    g = cosine * s - b;
  }
  d[low]! -= carry;
  e[low] = g;
  e[end] = 0;
}
