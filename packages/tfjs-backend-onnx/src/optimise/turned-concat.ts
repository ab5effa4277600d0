import type { Rule } from './rule';
import { mergedTranspose } from './transpose';

/**
 * Parts laid one after the other and then turned, so that their elements alternate, are laid side
 * by side at once. A filter's gradient comes so, one part for each place in the filter; ONNX
 * Runtime moves such a transpose to where it has no fast way for it.
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
