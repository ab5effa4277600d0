import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';

/** The last two axes exchanged. */
function turned(workshop: Workshop, x: Node): Node {
  const rank = x.shape.length;
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const shape = perm.map((axis) => x.shape[axis] as number);
  return workshop.node('Transpose', [x], shape, x.dtype, { perm });
}

/** `FusedMatMul` is ONNX Runtime's own operator. OpenVINO takes the transposes into its product. */
export const transposedProducts: Rule = (node, workshop) => {
  if (node.op !== 'FusedMatMul') return null;
  const [a, b] = node.inputs as [Node, Node];
  const { transA = 0, transB = 0 } = node.attributes ?? {};
  const operands = [transA === 1 ? turned(workshop, a) : a, transB === 1 ? turned(workshop, b) : b];
  const product = workshop.node('MatMul', operands, node.shape, node.dtype);
  return ownTranspose(product, workshop) ?? product;
};

/**
 * A row times its own transpose, which ends the process while OpenVINO 2026.4 compiles it, as a sum
 * of squares.
 */
export const ownTranspose: Rule = (node, workshop) => {
  if (node.op !== 'MatMul' || sizeOf(node.shape.slice(-2)) !== 1) return null;
  const [a, b] = node.inputs as [Node, Node];
  if (sourceOf(a) !== sourceOf(b) || a.size !== b.size) return null;
  const batch = node.shape.slice(0, -2);
  const length = a.size / sizeOf(batch);
  const rows = workshop.reshape(sourceOf(a), [sizeOf(batch), length]);
  const squares = workshop.node('Mul', [rows, rows], rows.shape, node.dtype);
  const sums = workshop.node(
    'ReduceSum',
    [squares],
    [rows.shape[0] as number],
    node.dtype,
    { keepdims: 0 },
    [[1]],
  );
  return workshop.reshape(sums, node.shape);
};

/** The node without reshapes, and without transposes that leave the order of the elements. */
function sourceOf(node: Node): Node {
  let source = node;
  while (source.op === 'Reshape' || (source.op === 'Transpose' && keepsOrder(source))) {
    source = source.inputs[0] as Node;
  }
  return source;
}

/** Whether a transpose moves only axes of length 1. */
function keepsOrder({ attributes, shape }: Node): boolean {
  const perm = attributes?.['perm'] as readonly number[];
  const moved = perm.filter((_, i) => shape[i] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
}
