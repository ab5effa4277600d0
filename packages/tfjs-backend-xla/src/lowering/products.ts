import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { float, integer, operand } from './lowering';
import type { Emitter } from './emitter';
import type { Value } from './value';

const dims = (name: string, list: readonly number[]): string[] =>
  list.length === 0 ? [] : [`${name} = [${list.join(', ')}]`];

/** a × b over the last two dims, of which `node` says whether they are turned; batches broadcast. */
function product(e: Emitter, node: Node, a: Value, b: Value): Value {
  const turnA = integer(node, 'transA', 0) === 1;
  const turnB = integer(node, 'transB', 0) === 1;
  const batch = node.shape.slice(0, -2);
  // One matrix on the right takes part in one product of all rows.
  const isSingle =
    sizeOf(b.shape.slice(0, -2)) === 1 &&
    a.shape.length === node.shape.length &&
    (batch.length === 0 || !turnA);
  const wide = (x: Value): Value => e.spread(x, [...batch, ...x.shape.slice(-2)]);
  const left = isSingle ? a : wide(a);
  const right = isSingle ? e.reshape(b, b.shape.slice(-2)) : wide(b);
  const batchAxes = isSingle ? [] : batch.map((_, i) => i);
  const numbers = [
    ...dims('lhs_batching_dimensions', batchAxes),
    ...dims('rhs_batching_dimensions', batchAxes),
    ...dims('lhs_contracting_dimensions', [left.shape.length - (turnA ? 2 : 1)]),
    ...dims('rhs_contracting_dimensions', [right.shape.length - (turnB ? 1 : 2)]),
  ];
  return e.product('dot_general', [left, right], node.shape, node.dtype, [
    `dot_dimension_numbers = #stablehlo.dot<${numbers.join(', ')}>`,
  ]);
}

function scaled(e: Emitter, node: Node, x: Value): Value {
  const alpha = float(node, 'alpha', 1);
  return alpha === 1 ? x : e.like('multiply', x, e.fill(alpha, x.shape, x.dtype));
}

const matMul: Lowering = (e, node, inputs) =>
  scaled(e, node, product(e, node, operand(inputs, 0), operand(inputs, 1)));

export const products = {
  MatMul: matMul,
  FusedMatMul: matMul,
  /** alpha · a × b + c */
  Gemm: (e, node, inputs) => {
    const result = matMul(e, node, inputs) as Value;
    const [, , c] = inputs;
    return c === undefined ? result : e.like('add', result, e.spread(c, node.shape));
  },
} satisfies Partial<Record<Operator, Lowering>>;
