import type { Node } from './node';

/**
 * The operators that compute the wanted nodes, numbered so that equal structures have equal keys.
 */
export interface Plan {
  /** Operators in an order in which each comes after its inputs. */
  readonly nodes: readonly Node[];
  /** The inputs, by place. */
  readonly leaves: readonly Node[];
  readonly outputs: readonly Node[];
  /** For each node, its index in `nodes`, or -1 - its index in `leaves`. */
  readonly places: ReadonlyMap<Node, number>;
  /** The structure as integers: equal if and only if the compiled graph can be shared. */
  readonly key: Int32Array;
  readonly hash: number;
}

/**
 * @param pending operators in the order in which they were created. @param wanted the nodes to
 *   compute: all held pending nodes, or some of them.
 */
export function makePlan(pending: readonly Node[], wanted: readonly Node[]): Plan {
  const { places, slots } = findNeeded(pending, wanted);
  const nodes: Node[] = [];
  const leaves: Node[] = [];
  // One number for each input, leaf, operator and output.
  const key = new Int32Array(slots * 2 + wanted.length + 2);
  let size = 0;
  for (const node of pending) {
    if (!places.has(node)) continue;
    for (const input of node.inputs) {
      let place = places.get(input);
      if (place === undefined && input.isLeaf) {
        place = -1 - leaves.length;
        places.set(input, place);
        leaves.push(input);
        key[size++] = input.signature;
      }
      if (place === undefined || place === UNPLACED) {
        throw new Error(`${input.op} comes before what it is computed from.`);
      }
      key[size++] = place;
    }
    places.set(node, nodes.length);
    key[size++] = node.signature;
    nodes.push(node);
  }
  key[size++] = -1_000_000_000;
  for (const node of wanted) key[size++] = places.get(node) as number;
  const exact = key.slice(0, size);
  return { nodes, leaves, outputs: wanted, places, key: exact, hash: hashOf(exact) };
}

/** The place of a needed operator that is not numbered yet. */
const UNPLACED = Number.MAX_SAFE_INTEGER;

/** The operators that the wanted nodes are computed from, and how many numbers describe them. */
function findNeeded(
  pending: readonly Node[],
  wanted: readonly Node[],
): { readonly places: Map<Node, number>; readonly slots: number } {
  const places = new Map<Node, number>();
  for (const node of wanted) places.set(node, UNPLACED);
  let slots = 0;
  for (let i = pending.length - 1; i >= 0; i--) {
    const node = pending[i] as Node;
    if (!places.has(node)) continue;
    slots += node.inputs.length + 1;
    for (const input of node.inputs) if (!input.isLeaf) places.set(input, UNPLACED);
  }
  return { places, slots };
}

/** FNV-1a over the integers; equality is decided by comparing the keys themselves. */
function hashOf(key: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  return hash;
}

export function sameKey(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
