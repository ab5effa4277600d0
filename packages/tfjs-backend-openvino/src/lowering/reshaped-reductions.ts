import type { Rule } from '@crossweave/tfjs-backend-onnx/graph';

/**
 * A reduction over leading axes whose result gets one leading axis back and others joined, such as
 * [2, 3, 4] → [3, 4] → [1, 12]. In front of an elementwise operator OpenVINO 2026.4 drops such a
 * reshape and then refuses the shapes. It keeps the reshape of a reduction that keeps its axes.
 */
export const reshapedReductions: Rule = (node, workshop) => {
  const [reduced] = node.inputs;
  if (node.op !== 'Reshape' || node.shape[0] !== 1) return null;
  if (reduced?.op.startsWith('Reduce') !== true || reduced.attributes?.['keepdims'] !== 0)
    return null;
  const [x] = reduced.inputs;
  const axes = reduced.integers?.[0];
  if (x === undefined || axes?.includes(0) !== true) return null;
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const attributes = { ...reduced.attributes, keepdims: 1 };
  const { op, dtype, integers } = reduced;
  return workshop.reshape(workshop.node(op, [x], shape, dtype, attributes, integers), node.shape);
};
