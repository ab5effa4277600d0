import type { Rule } from './rule';

/**
 * Replaces a transpose that keeps neighbouring axes together, or moves axes of length 1, by a
 * transpose of fewer axes between two reshapes, which cost nothing. ONNX Runtime has fast kernels
 * only for few axes.
 */
export const fewestAxes: Rule = (node, workshop) => {
  const [input] = node.inputs;
  if (node.op !== 'Transpose' || input === undefined) return null;
  const merged = mergedTranspose(input.shape, node.attributes?.['perm'] as readonly number[]);
  if (merged.perm.length === node.shape.length) return null;
  const { perm } = merged;
  const narrow = workshop.reshape(input, merged.shape);
  const turned = perm.map((axis) => merged.shape[axis] as number);
  return workshop.reshape(
    workshop.node('Transpose', [narrow], turned, node.dtype, { perm }),
    node.shape,
  );
};

/**
 * The same transpose with as few axes as possible: axes of length 1 are removed, and axes that
 * remain neighbours are merged.
 */
export function mergedTranspose(
  shape: readonly number[],
  perm: readonly number[],
): { readonly shape: readonly number[]; readonly perm: readonly number[] } {
  const groups: number[][] = [];
  for (const axis of perm) {
    if (shape[axis] === 1) continue;
    const last = groups.at(-1);
    if (last !== undefined && follows(shape, last.at(-1) as number, axis)) last.push(axis);
    else groups.push([axis]);
  }
  const ordered = [...groups].sort((a, b) => (a[0] as number) - (b[0] as number));
  return {
    shape: ordered.map((axes) => axes.reduce((size, axis) => size * (shape[axis] as number), 1)),
    perm: groups.map((axes) => ordered.indexOf(axes)),
  };
}

/** Whether there are only axes of length 1 between two axes. */
function follows(shape: readonly number[], before: number, axis: number): boolean {
  return axis > before && shape.slice(before + 1, axis).every((length) => length === 1);
}
