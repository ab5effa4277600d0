import { matMul, reshape, tensor, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';

/** P and Q of a torus of P·Q places. */
export type Torus = readonly [rows: number, columns: number];

/**
 * What the transforms multiply by. The Hartley transform of f on the torus Z_P × Z_Q is
 * H(p, q) = Σ f(a, b) (cos ψ + sin ψ), ψ = 2π(pa/P + qb/Q): real, and P·Q times its own inverse.
 * With C and S the sums of the cosines and the sines, the transform of a circular convolution is
 * H = (C_x + S_x)·C_y + (C_x − S_x)·S_y, so one side is transformed to C + S and C − S, the other to C
 * and S. cos and sin of ψ are sums of two products of those of its parts: matrix products.
 */
export interface HartleyTables {
  readonly torus: Torus;
  /** [P, 2, P]: cos and sin of 2πap/P by the place a. */
  readonly rows: Float32Array;
  /** [Q, 2·Q, 2] by the place b: how C + S and C − S at q are made of `rows`. */
  readonly mixed: Float32Array;
  /** The same for C and S. */
  readonly plain: Float32Array;
  /** [P, 2·P]: cos and sin of 2πap/P, side by side. */
  readonly inverseRows: Float32Array;
  /** [2·Q, Q]: (cos + sin)/(P·Q) and (cos − sin)/(P·Q) of 2πbq/Q, one below the other. */
  readonly inverseColumns: Float32Array;
}

export function hartleyTables(torus: Torus): HartleyTables {
  const [P, Q] = torus;
  const row = (a: number, p: number) => angle(a * p, P);
  const column = (b: number, q: number) => angle(b * q, Q);
  return {
    torus,
    rows: fill([P, 2, P], (a, trig, p) => (trig === 0 ? row(a, p).cos : row(a, p).sin)),
    plain: fill([Q, 2 * Q, 2], (b, line, part) => {
      const { cos, sin } = column(b, line % Q);
      return (line < Q ? [cos, -sin] : [sin, cos])[part]!;
    }),
    mixed: fill([Q, 2 * Q, 2], (b, line, part) => {
      const { cos, sin } = column(b, line % Q);
      return (line < Q ? [cos + sin, cos - sin] : [cos - sin, -cos - sin])[part]!;
    }),
    inverseRows: fill([P, 2, P], (p, trig, a) => (trig === 0 ? row(a, p).cos : row(a, p).sin)),
    inverseColumns: fill([2, Q, Q], (trig, q, b) => {
      const { cos, sin } = column(b, q);
      return (trig === 0 ? cos + sin : cos - sin) / (P * Q);
    }),
  };
}

/**
 * From transforms [B, Q·P] back to the torus [B, P·Q], by its rows, then by its columns:
 * cos(α + β) + sin(α + β) = cos α · (cos β + sin β) + sin α · (cos β − sin β).
 */
export function inverseHartley(tables: HartleyTables, transforms: Tensor2D): Tensor2D {
  const [P, Q] = tables.torus;
  const byRows = matMul(
    reshape<Rank.R2>(transforms, [-1, P]),
    tensor<Rank.R2>(tables.inverseRows, [P, 2 * P]),
  );
  const turned = transpose(reshape(byRows, [-1, Q, 2, P]), [0, 3, 2, 1]);
  const places = matMul(
    reshape<Rank.R2>(turned, [-1, 2 * Q]),
    tensor<Rank.R2>(tables.inverseColumns, [2 * Q, Q]),
  );
  return reshape<Rank.R2>(places, [-1, P * Q]);
}

/** cos and sin of 2π·turns/n, of the remainder, so that large multiples lose no digits. */
function angle(turns: number, n: number): { cos: number; sin: number } {
  const radians = (2 * Math.PI * (turns % n)) / n;
  return { cos: Math.cos(radians), sin: Math.sin(radians) };
}

function fill(
  [first, second, third]: readonly [number, number, number],
  value: (i: number, j: number, k: number) => number,
): Float32Array {
  const out = new Float32Array(first * second * third);
  let at = 0;
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) for (let k = 0; k < third; k++) out[at++] = value(i, j, k);
  }
  return out;
}
