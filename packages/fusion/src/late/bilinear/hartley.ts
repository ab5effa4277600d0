import { matMul, reshape, tensor } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';

/** The sides P and Q of a torus with P·Q places. */
export type Torus = readonly [rows: number, columns: number];

/**
 * Constant matrices of the Hartley transform. The transform of a function f on the torus Z_P × Z_Q
 * is H(p, q) = Σ f(a, b) (cos ψ + sin ψ), ψ = 2π(pa/P + qb/Q): it is real, and applying it twice
 * multiplies by P·Q. With C and S the sums of the cosines and the sines, the transform of a
 * circular convolution is H = (C_x + S_x)·C_y + (C_x − S_x)·S_y, so the sketch of one side is
 * transformed to C + S and C − S, the sketch of the other side to C and S. By the addition
 * theorems, cos ψ and sin ψ are sums of two products of cosines and sines of 2πpa/P and 2πqb/Q. So
 * the transforms are matrix products.
 */
export interface HartleyTables {
  readonly torus: Torus;
  /** [P, 2·P, 2] by the row a of a place: how C + S and C − S at p are made of `columns`. */
  readonly mixed: Float32Array;
  /** [P, 2·P, 2] as `mixed`, for C and S. */
  readonly plain: Float32Array;
  /** [Q, 2, Q] by the column b of a place: cos and sin of 2πbq/Q. */
  readonly columns: Float32Array;
  /** [Q, 2·Q]: (cos + sin)/(P·Q) and (cos − sin)/(P·Q) of 2πbq/Q, side by side. */
  readonly inverseColumns: Float32Array;
  /** [P, P·2]: cos and sin of 2πap/P, in turn. */
  readonly inverseRows: Float32Array;
}

export function hartleyTables(torus: Torus): HartleyTables {
  const [P, Q] = torus;
  return {
    torus,
    mixed: fill([P, 2 * P, 2], (a, line, part) => {
      const { cos, sin } = angle(a * (line % P), P);
      return (line < P ? [cos + sin, cos - sin] : [cos - sin, -cos - sin])[part]!;
    }),
    plain: fill([P, 2 * P, 2], (a, line, part) => {
      const { cos, sin } = angle(a * (line % P), P);
      return (line < P ? [cos, -sin] : [sin, cos])[part]!;
    }),
    columns: fill([Q, 2, Q], (b, part, q) => {
      const { cos, sin } = angle(b * q, Q);
      return part === 0 ? cos : sin;
    }),
    inverseColumns: fill([Q, 2, Q], (q, part, b) => {
      const { cos, sin } = angle(b * q, Q);
      return (part === 0 ? cos + sin : cos - sin) / (P * Q);
    }),
    inverseRows: fill([P, P, 2], (a, p, part) => {
      const { cos, sin } = angle(a * p, P);
      return part === 0 ? cos : sin;
    }),
  };
}

/**
 * The inverse transform, [B, P·Q] → [B, P·Q], along the columns of the torus, then along its rows:
 * cos(α + β) + sin(α + β) = cos α · (cos β + sin β) + sin α · (cos β − sin β).
 */
export function inverseHartley(tables: HartleyTables, transforms: Tensor2D): Tensor2D {
  const [P, Q] = tables.torus;
  const byColumns = matMul(
    reshape<Rank.R2>(transforms, [-1, Q]),
    tensor<Rank.R2>(tables.inverseColumns, [Q, 2 * Q]),
  );
  // Row p holds the factors of cos α, followed by the factors of sin α: two rows for each p.
  const places = matMul(
    tensor<Rank.R3>(tables.inverseRows, [1, P, 2 * P]),
    reshape<Rank.R3>(byColumns, [-1, 2 * P, Q]),
  );
  return reshape<Rank.R2>(places, [-1, P * Q]);
}

/** cos and sin of 2π·turns/n, computed from turns mod n, so that large values lose no precision. */
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
