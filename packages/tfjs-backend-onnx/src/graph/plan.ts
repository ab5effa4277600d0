import type { Node } from './node';

/** What has to run to compute the wanted nodes, numbered so that equal structures look equal. */
export interface Plan {
  /** Operators in an order in which each comes after its inputs. */
  readonly nodes: readonly Node[];
  /** Values that go in, by place. A node's `index` below zero means leaf `-1 - index`. */
  readonly leaves: readonly Node[];
  readonly outputs: readonly Node[];
  /** The structure as integers: equal if and only if the compiled graph can be shared. */
  readonly key: Int32Array;
  readonly hash: number;
}

let epoch = 0;

/**
 * @param pending operators in the order in which they were created.
 * @param wanted what is to be computed: every pending node somebody holds, or just some.
 */
export function makePlan(pending: readonly Node[], wanted: readonly Node[]): Plan {
  const mark = ++epoch;
  for (const node of wanted) node.mark = mark;
  let count = 0;
  let slots = wanted.length + 2;
  for (let i = pending.length - 1; i >= 0; i--) {
    const node = pending[i] as Node;
    if (node.mark !== mark || node.isLeaf) continue;
    count++;
    slots += node.inputs.length + 1;
    for (const input of node.inputs) if (!input.isLeaf) input.mark = mark;
  }
  const nodes = new Array<Node>(count);
  const leaves: Node[] = [];
  const key = new Int32Array(slots * 2);
  let size = 0;
  let placed = 0;
  for (const node of pending) {
    if (node.mark !== mark || node.isLeaf) continue;
    for (const input of node.inputs) {
      if (input.isLeaf && input.mark !== mark) {
        input.mark = mark;
        input.index = -1 - leaves.length;
        leaves.push(input);
        key[size++] = input.signature;
      }
      key[size++] = input.index;
    }
    node.index = placed;
    key[size++] = node.signature;
    nodes[placed++] = node;
  }
  key[size++] = -1_000_000_000;
  for (const node of wanted) key[size++] = node.index;
  const exact = key.slice(0, size);
  return { nodes, leaves, outputs: wanted, key: exact, hash: hashOf(exact) };
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
