import type { Node, Plan } from '@crossweave/tfjs-backend-onnx/graph';
import { sameShape } from '@crossweave/tfjs-backend-onnx/graph';

/** How many operators back from an output an input may lie that it is written over. */
const REACH = 8;

/**
 * By argument, the output that may be written over it: the nearest input of the same type and size
 * (and shape, where arguments have shapes) that the output is computed from, as new moments from old
 * ones. XLA would accept any, and copy where it is still needed.
 * @param inputs by argument, the leaf's place in the plan.
 * @param options.mayDonate whether the leaf at a place may be written over at all.
 */
export function findDonors(
  plan: Plan,
  inputs: readonly number[],
  { mayDonate, isShaped }: { mayDonate: (leaf: number) => boolean; isShaped: boolean },
): ReadonlyMap<number, number> {
  const argumentOf = new Map(
    inputs.flatMap((leaf, i) => (mayDonate(leaf) ? [[plan.leaves[leaf] as Node, i]] : [])),
  );
  const donors = new Map<number, number>();
  plan.outputs.forEach((output, at) => {
    const found = nearest(output, (leaf) => {
      const place = argumentOf.get(leaf);
      const fits = !isShaped || sameShape(leaf.shape, output.shape);
      return fits && place !== undefined && !donors.has(place);
    });
    const place = found === null ? undefined : argumentOf.get(found);
    if (place !== undefined) donors.set(place, at);
  });
  return donors;
}

/** The nearest free leaf of the output's type and size, by operators of that size alone. */
function nearest(output: Node, isFree: (leaf: Node) => boolean): Node | null {
  let front: readonly Node[] = [output];
  const seen = new Set<Node>(front);
  for (let depth = 0; depth < REACH && front.length > 0; depth++) {
    const next: Node[] = [];
    for (const input of front.flatMap(({ inputs }) => inputs)) {
      if (seen.has(input) || input.size !== output.size || input.dtype !== output.dtype) continue;
      seen.add(input);
      if (input.isLeaf && isFree(input)) return input;
      next.push(input);
    }
    front = next;
  }
  return null;
}
