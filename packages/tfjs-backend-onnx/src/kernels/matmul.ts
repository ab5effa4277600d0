import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { binary, broadcastShape, expand } from './elementwise';
import type { BinaryInputs, Kernel } from './kernel';
import { kernel } from './kernel';
import { activate } from './activations';

interface MatMulAttributes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * a [..., M, K] × b [..., K, N] (each optionally transposed in its last two dimensions) with
 * broadcast batch dimensions, plus `bias`, which broadcasts against the result. If b is one matrix,
 * this is one product [...·M, K] × [K, N], which includes the bias if it is a row.
 */
export function matMul(
  backend: KernelContext,
  a: Node,
  b: Node,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Node,
): Node {
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const inner = a.shape.at(transposeA ? -2 : -1) as number;
  const innerB = b.shape.at(transposeB ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  util.assert(
    inner === innerB,
    () =>
      `Error in matMul: inner shapes (${inner}) and (${innerB}) of Tensors with shapes ` +
      `${a.shape.join()} and ${b.shape.join()} and transposeA=${transposeA} and ` +
      `transposeB=${transposeB} must match.`,
  );
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  const add = (sum: Node): Node => (bias === undefined ? sum : binary(backend, 'Add', sum, bias));
  if (inner === 0 || sizeOf(shape) === 0) {
    return add(expand(backend, backend.scalar(0, a.dtype), shape));
  }
  const single = sizeOf(b.shape.slice(0, -2)) === 1;
  const flat = single && (a.shape.length === 2 || !transposeA);
  if (!flat) return add(product(backend, a, b, shape, transposeA, transposeB));
  const left = a.shape.length === 2 ? a : backend.reshape(a, [sizeOf(a.shape) / inner, inner]);
  const right = backend.reshape(b, b.shape.slice(-2));
  const size = [sizeOf(shape) / columns, columns];
  const isRow = bias?.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === columns;
  if (!isRow || a.dtype !== 'float32') {
    const result = product(backend, left, right, size, transposeA, transposeB);
    return add(backend.reshape(result, shape));
  }
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  const result = backend.op('Gemm', [left, right, bias], size, 'float32', attributes);
  return backend.reshape(result, shape);
}

function product(
  backend: KernelContext,
  a: Node,
  b: Node,
  shape: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): Node {
  if (!transposeA && !transposeB) return backend.op('MatMul', [a, b], shape, a.dtype);
  if (a.dtype === 'float32') {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return backend.op('FusedMatMul', [a, b], shape, a.dtype, attributes);
  }
  const turn = (node: Node): Node => {
    const rank = node.shape.length;
    const perm = node.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
    const turned = perm.map((i) => node.shape[i] as number);
    return backend.op('Transpose', [node], turned, node.dtype, { perm });
  };
  const operands = [transposeA ? turn(a) : a, transposeB ? turn(b) : b];
  return backend.op('MatMul', operands, shape, a.dtype);
}

function operands(backend: KernelContext, { a, b }: BinaryInputs): readonly [Node, Node] {
  const left = backend.node(a);
  const right = backend.node(b);
  const dtype = left.dtype === 'float32' || right.dtype === 'float32' ? 'float32' : 'int32';
  return [backend.cast(left, dtype), backend.cast(right, dtype)];
}

export const matMulKernels = {
  BatchMatMul: kernel<BinaryInputs, MatMulAttributes>((backend, inputs, attributes) => {
    const [a, b] = operands(backend, inputs);
    const { transposeA = false, transposeB = false } = attributes;
    return backend.output(matMul(backend, a, b, transposeA, transposeB));
  }),
  _FusedMatMul: kernel<
    BinaryInputs & { bias?: TensorInfo | null; preluActivationWeights?: TensorInfo | null },
    MatMulAttributes & { activation?: string | null; leakyreluAlpha?: number }
  >((backend, inputs, attributes) => {
    const [a, b] = operands(backend, inputs);
    const { transposeA = false, transposeB = false, activation, leakyreluAlpha } = attributes;
    const { bias } = inputs;
    const offset = bias === undefined || bias === null ? undefined : backend.node(bias);
    let result = matMul(backend, a, b, transposeA, transposeB, offset);
    if (activation !== undefined && activation !== null) {
      const slope = inputs.preluActivationWeights;
      const weights = slope === undefined || slope === null ? undefined : backend.node(slope);
      result = activate(backend, result, activation, weights, leakyreluAlpha);
    }
    return backend.output(result);
  }),
} satisfies Record<string, Kernel>;
