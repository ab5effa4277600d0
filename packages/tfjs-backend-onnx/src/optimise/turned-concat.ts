import type { Rule } from './rule';
import { mergedTranspose } from './transpose';

/**
 * Replaces a Concat followed by a Transpose that interleaves the parts by a Concat along the last
 * axis. The gradient of a filter has this form, with one part for each place in the filter; ONNX
 * Runtime would move the Transpose to a place where it has no fast kernel.
 */
export const turnedConcat: Rule = (node, workshop) => {
  if (node.op !== 'Transpose') return null;
  const [input] = node.inputs;
  const parts = input?.op === 'Reshape' ? input.inputs[0] : input;
  if (input === undefined || parts?.op !== 'Concat' || parts.attributes?.['axis'] !== 0)
    return null;
  if (!parts.inputs.every((part) => part.shape[0] === 1)) return null;
  const merged = mergedTranspose(input.shape, node.attributes?.['perm'] as readonly number[]);
  const [count, length] = merged.shape;
  if (merged.perm.join() !== '1,0' || count !== parts.inputs.length || length === undefined) {
    return null;
  }
  const columns = parts.inputs.map((part) => workshop.reshape(part, [length, 1]));
  const beside = workshop.node('Concat', columns, [length, count], node.dtype, { axis: 1 });
  return workshop.reshape(beside, node.shape);
};
