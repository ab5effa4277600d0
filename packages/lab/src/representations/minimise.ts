/** A function of many numbers with its gradient, which it writes. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

const remembered = 10;
/** Armijo's share of the expected fall. */
const enough = 1e-4;

/**
 * The minimum of a smooth convex function by L-BFGS (Liu and Nocedal 1989) with backtracking.
 *
 * @param start where to begin; stays as it is.
 * @param tolerance the largest entry of the gradient at the end.
 * @param most steps at most; then the best point so far is given.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance, most }: { readonly tolerance: number; readonly most: number },
): Float64Array {
  const size = start.length;
  let [point, gradient] = [Float64Array.from(start), new Float64Array(size)];
  let value = objective(point, gradient);
  const history: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  for (let step = 0; step < most; step++) {
    if (gradient.every((each) => Math.abs(each) <= tolerance)) break;
    let direction = descent(gradient, history);
    let slope = dot(gradient, direction);
    if (slope >= 0) {
      history.length = 0;
      direction = gradient.map((each) => -each);
      slope = dot(gradient, direction);
    }
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    // The first step of all has no scale yet.
    let rate = history.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let reached = Infinity;
    for (let halvings = 0; halvings < 60; halvings++, rate /= 2) {
      for (let i = 0; i < size; i++) next[i] = point[i]! + rate * direction[i]!;
      reached = objective(next, nextGradient);
      if (reached <= value + enough * rate * slope) break;
    }
    // Rounding hides a further fall.
    if (!(reached <= value)) break;
    const s = next.map((each, i) => each - point[i]!);
    const y = nextGradient.map((each, i) => each - gradient[i]!);
    const sy = dot(s, y);
    if (sy > 0) history.push({ s, y, sy });
    if (history.length > remembered) history.shift();
    [point, gradient, value] = [next, nextGradient, reached];
  }
  return point;
}

/** −H·gradient by the two loops over what is remembered. */
function descent(
  gradient: Float64Array,
  history: readonly { s: Float64Array; y: Float64Array; sy: number }[],
): Float64Array {
  const q = gradient.map((each) => -each);
  const shares: number[] = [];
  for (const { s, y, sy } of history.toReversed()) {
    const share = dot(s, q) / sy;
    shares.unshift(share);
    for (let i = 0; i < q.length; i++) q[i]! -= share * y[i]!;
  }
  const last = history.at(-1);
  if (last !== undefined) {
    const scale = last.sy / dot(last.y, last.y);
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  history.forEach(({ s, y, sy }, at) => {
    const share = shares[at]! - dot(y, q) / sy;
    for (let i = 0; i < q.length; i++) q[i]! += share * s[i]!;
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
