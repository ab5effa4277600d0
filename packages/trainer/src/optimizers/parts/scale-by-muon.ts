import {
  add,
  div,
  matMul,
  maximum,
  mul,
  norm,
  reshape,
  transpose,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, parameter, showShape } from '@crossweave/core';
import { boolean, count, number, readOptions } from '@crossweave/core/authoring';
import { average, momentsOf } from '../moments';
import { resolved, type Direction, type GradientTransform } from '../transform';

export interface ScaleByMuonOptions {
  /** In [0, 1). Default 0.95. */
  readonly momentum?: number;
  /** Look ahead by the momentum once more. Default true. */
  readonly nesterov?: boolean;
  /** Newton–Schulz iterations. Default 5. */
  readonly iterations?: number;
}

/** Of the quintic iteration; they do not converge to 1 but bring all singular values near it fast. */
const [a, b, c] = [3.4445, -4.775, 2.0315] as const;

/**
 * The momentum of a matrix, made orthogonal: all its singular values come near 1 by a
 * Newton–Schulz iteration (Muon, Jordan et al. 2024), times √max(1, rows / columns). Filters of a
 * convolution [out, in, height, width] count as matrices [out, in · height · width]. In float32, where
 * PyTorch's runs in bfloat16. State: `momentum_buffer.<path>`.
 *
 * @throws ConfigError for a wrong option; from `init`, for a parameter that is no matrix.
 */
export function scaleByMuon(options: ScaleByMuonOptions = {}): GradientTransform {
  const { momentum, nesterov, iterations } = readOptions(
    'scaleByMuon',
    options,
    { momentum: 0.95, nesterov: true, iterations: 5 },
    { momentum: number({ min: 0, below: 1 }), nesterov: boolean(), iterations: count() },
  );
  return {
    name: 'muon',
    init(params) {
      const flat = Object.entries(params).find(([, { rank }]) => rank < 2);
      if (flat !== undefined) throw notAMatrix(...flat);
      return momentsOf('momentum_buffer', params);
    },
    apply(directions, state, { params }) {
      const moved: Record<string, Direction> = {};
      const changed: Record<string, Tensor> = {};
      for (const [path, direction] of Object.entries(directions)) {
        const entry = `momentum_buffer.${path}`;
        const gradient = resolved(direction, parameter(params, path));
        const buffer = average(momentum, parameter(state, entry), mul(gradient, 1 - momentum));
        const used = nesterov ? average(momentum, buffer, mul(gradient, 1 - momentum)) : buffer;
        const rows = used.shape[0];
        const columns = used.size / rows;
        const matrix = orthogonal(reshape(used, [rows, columns]), iterations);
        moved[path] = {
          value: reshape(matrix, used.shape),
          scale: Math.sqrt(Math.max(1, rows / columns)),
          decay: 0,
        };
        changed[entry] = buffer;
      }
      return { directions: moved, state: changed };
    },
  };
}

/** The nearest orthogonal matrix, roughly. */
function orthogonal(matrix: Tensor2D, iterations: number): Tensor2D {
  const isTall = matrix.shape[0] > matrix.shape[1];
  let x: Tensor2D = isTall ? transpose(matrix) : matrix;
  x = div(x, maximum(norm(x), 1e-7));
  for (let i = 0; i < iterations; i++) {
    const gram = matMul<Tensor2D>(x, x, false, true);
    const correction = add(mul(gram, b), mul(matMul(gram, gram), c));
    x = add(mul(x, a), matMul(correction, x));
  }
  return isTall ? transpose(x) : x;
}

function notAMatrix(path: string, { shape }: Tensor): ConfigError {
  return new ConfigError(`"${path}" is no matrix`, {
    where: 'scaleByMuon',
    expected: 'parameters of two dimensions or more',
    got: showShape(shape),
    advice: 'Give vectors and scalars to another part by partitionBy, as muon() does.',
  });
}
