import { sizeOf } from '../graph/types';
import type { Rule } from './rule';

const BROADCASTING: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mod'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'],
]);

/**
 * Reshapes a scalar operand to the rank of the other operand if that operand's shape ends in 1 (as
 * the filter of a 1 × 1 convolution). Otherwise ONNX Runtime makes one call per element and is 200
 * times slower.
 */
export const alignNumbers: Rule = (node, workshop) => {
  const { shape, inputs } = node;
  if (!BROADCASTING.has(node.op) || shape.at(-1) !== 1 || sizeOf(shape) === 1) return null;
  const aligned = inputs.map((input) =>
    sizeOf(input.shape) === 1 && input.shape.length < shape.length
      ? workshop.reshape(
          input,
          shape.map(() => 1),
        )
      : input,
  );
  if (aligned.every((input, i) => input === inputs[i])) return null;
  return workshop.node(node.op, aligned, shape, node.dtype, node.attributes);
};
