import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import {
  add,
  broadcastTo,
  broadcast_util,
  cast,
  greater,
  greaterEqual,
  less,
  lessEqual,
  matMul,
  mul,
  neg,
  registerGradient,
  reshape,
  rsqrt,
  step,
  sub,
  sum,
  util,
} from '@tensorflow/tfjs-core';
import { einsumGradient } from './einsum';

const tensor = (value: Tensor | Tensor[]): Tensor =>
  Array.isArray(value) ? (value[0] as Tensor) : value;

/** Sums `gradient` over the batch dimensions along which its operand was broadcast. */
function unbroadcast(gradient: Tensor, shape: number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? reshape(gradient, shape) : reshape(sum(gradient, axes), shape);
}

/**
 * Whether the product is [.., M, K] × [K, N], so that the gradient for the matrix is one product
 * over all rows.
 */
function leftIsRows(a: Tensor, b: Tensor): boolean {
  return a.rank > 2 && util.sizeFromShape(b.shape.slice(0, -2)) === 1;
}

const rows = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1) as number]);

/** tfjs-core's gradient does not sum over broadcast dimensions, so its tape throws. */
const batchMatMul: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (upstream, saved, attributes) => {
    const dy = tensor(upstream);
    const [a, b] = saved as [Tensor, Tensor];
    const transposeA = attributes['transposeA'] === true;
    const transposeB = attributes['transposeB'] === true;
    const forA = (): Tensor =>
      transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB);
    const forB = (): Tensor => {
      if (!transposeA && leftIsRows(a, b)) {
        return transposeB ? matMul(rows(dy), rows(a), true) : matMul(rows(a), rows(dy), true);
      }
      return transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false);
    };
    return { a: () => unbroadcast(forA(), a.shape), b: () => unbroadcast(forB(), b.shape) };
  },
};

function spread(dy: Tensor, x: Tensor, axis: number | number[]): Tensor {
  const axes = util.parseAxisParam(axis, x.shape);
  const shape = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return broadcastTo(reshape(dy, shape), x.shape);
}

/** As in tfjs-core, with a broadcast instead of a product with ones. */
const sumGradient: GradConfig = {
  kernelName: 'Sum',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const [x] = saved as [Tensor];
    return { x: () => spread(tensor(dy), x, attributes['axis'] as number[]) };
  },
};

/** As in tfjs-core, but scaled before the broadcast instead of after it. */
const meanGradient: GradConfig = {
  kernelName: 'Mean',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const [x] = saved as [Tensor];
    const axis = attributes['axis'] as number[];
    const axes = util.parseAxisParam(axis, x.shape);
    const count = axes.reduce((product, i) => product * (x.shape[i] as number), 1);
    return { x: () => spread(mul(tensor(dy), 1 / count), x, axis) };
  },
};

/** y · (dy − Σ dy·y), which needs one kernel fewer than tfjs-core's form. */
const softmaxGradient: GradConfig = {
  kernelName: 'Softmax',
  outputsToSave: [true],
  gradFunc: (upstream, saved, attributes) => {
    const dy = tensor(upstream);
    const [y] = saved as [Tensor];
    const axis = attributes['dim'] as number;
    return { logits: () => mul(sub(dy, sum(mul(dy, y), axis, true)), y) };
  },
};

type Derivative = (a: Tensor, b: Tensor, dy: Tensor) => Tensor;

/**
 * The gradient of a binary kernel, summed over the dimensions along which an operand was broadcast.
 */
const broadcasting = (kernelName: string, forA: Derivative, forB: Derivative): GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (upstream, saved) => {
    const dy = tensor(upstream);
    const [a, b] = saved as [Tensor, Tensor];
    return {
      a: () => unbroadcast(forA(a, b, dy), a.shape),
      b: () => unbroadcast(forB(a, b, dy), b.shape),
    };
  },
});

const masked = (dy: Tensor, mask: Tensor): Tensor => mul(dy, cast(mask, 'float32'));

/**
 * tfjs-core's gradients of these three do not sum over broadcast dimensions. For equal operands the
 * result is the same as there.
 */
const unsummed: readonly GradConfig[] = [
  broadcasting(
    'Maximum',
    (a, b, dy) => masked(dy, greaterEqual(a, b)),
    (a, b, dy) => masked(dy, less(a, b)),
  ),
  broadcasting(
    'Minimum',
    (a, b, dy) => masked(dy, lessEqual(a, b)),
    (a, b, dy) => masked(dy, greater(a, b)),
  ),
  broadcasting(
    'SquaredDifference',
    (a, b, dy) => mul(dy, mul(sub(a, b), 2)),
    (a, b, dy) => mul(dy, mul(sub(b, a), 2)),
  ),
];

/** As in tfjs-core, but computed from the output, which the next layer keeps anyway. */
const relu: GradConfig = {
  kernelName: 'Relu',
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [y] = saved as [Tensor];
    return { x: () => mul(tensor(dy), step(y)) };
  },
};

/**
 * As in tfjs-core, but without tiling to the size of x. Σ dy · (x − mean) is computed as Σ dy · x −
 * mean · Σ dy, in one pass.
 */
const batchNorm: GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (upstream, saved, attributes) => {
    const dy = tensor(upstream);
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | null | undefined];
    const inverse = rsqrt(add(variance, attributes['varianceEpsilon'] as number));
    const slope = scale === null || scale === undefined ? inverse : mul(scale, inverse);
    const total = (): Tensor => unbroadcast(dy, mean.shape);
    const along = (): Tensor => sub(unbroadcast(mul(dy, x), mean.shape), mul(mean, total()));
    return {
      x: () => mul(dy, slope),
      mean: () => neg(mul(total(), slope)),
      variance: () => mul(mul(along(), mul(slope, mul(inverse, inverse))), -0.5),
      scale: () => mul(along(), inverse),
      offset: total,
    };
  },
};

/** Registers the gradients that differ from tfjs-core's. They apply to every backend. */
export function registerGradients(): void {
  for (const gradient of [
    batchMatMul,
    einsumGradient,
    sumGradient,
    meanGradient,
    softmaxGradient,
    relu,
    batchNorm,
    ...unsummed,
  ]) {
    registerGradient(gradient);
  }
}
