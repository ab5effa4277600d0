import type { RuntimeTensor } from '../runtime';
import type { Stored } from '../storage/store';
import type { Attribute, Attributes, ElementType, Values } from './types';
import { sizeOf } from './types';

const signatures = new Map<string, number>();
const signatureOf = (text: string): number => {
  let id = signatures.get(text);
  if (id === undefined) {
    id = signatures.size;
    signatures.set(text, id);
  }
  return id;
};

function attributeKey(attribute: Attribute): string {
  if (typeof attribute !== 'object' || !('f' in attribute)) return String(attribute);
  return Object.is(attribute.f, -0) ? 'f-0' : `f${attribute.f}`;
}

/**
 * A value in the lazy graph: one output of one ONNX operator, or a leaf that holds its values.
 *
 * `op` is the ONNX operator (`com.microsoft` ones are in `CONTRIB_OPS`) or one of
 * `@leaf` (values in `values`), `@input` (a leaf whose values come when the graph is run),
 * `@const` (a scalar of the structure) and `@out` (the further outputs of a node with several).
 */
export class Node {
  /** Present for leaves and for computed nodes; a lazy node has none. */
  values: Stored | null = null;
  /** The values wrapped for ONNX Runtime, made once. */
  tensor: RuntimeTensor | null = null;
  /** Number of storage records that hold this node: above zero means that somebody may read it. */
  holders = 0;
  /** Stamp of the plan that needs this node, and its place in that plan. */
  mark = 0;
  index = 0;
  /** The latest reshape of this node, good for the pending graph numbered `viewEpoch`. */
  view: Node | null = null;
  viewEpoch = -1;
  /** Values written from JS that are likely the same each time: see `Plan`. */
  constant = false;
  /** For leaves: true once an operator has used it. */
  seen = false;
  /** True if the values array belongs to the backend, so that it may be recycled. */
  owned = false;
  /** True if another node shows the same array under another shape. */
  shared = false;
  /** For such another node: whose array it shows. */
  source: Node | null = null;
  /** The trace of a `jit` function it was made in: outside of that it has no value. */
  trace: object | null = null;
  /** True once a run has overwritten the values of a dead tensor with its results. */
  overwritten = false;
  /** How many elements it has: the product of its shape. */
  readonly size: number;
  /** Interned description: equal for nodes that may stand for each other in a compiled graph. */
  signature: number;

  constructor(
    readonly op: string,
    public inputs: readonly Node[],
    readonly shape: readonly number[],
    readonly dtype: ElementType,
    readonly attributes: Attributes | null,
    /** Integer inputs of the operator (axes, shapes, bounds), placed after `inputs`. */
    readonly integers: readonly (readonly number[])[] | null,
    public outputs: number,
  ) {
    let key = `${op};${outputs};${dtype};${shape.join()}`;
    if (attributes !== null) {
      for (const name in attributes)
        key += `;${name}=${attributeKey(attributes[name] as Attribute)}`;
    }
    if (integers !== null) for (const list of integers) key += `|${list.join()}`;
    this.signature = signatureOf(key);
    this.size = sizeOf(shape);
  }

  /** The values as long as they are known and lie in an array; null on a device or for later. */
  get array(): Values | null {
    return ArrayBuffer.isView(this.values) ? this.values : null;
  }

  /** Whether it goes into a graph as a value, and not as an operator to be run. */
  get isLeaf(): boolean {
    return this.values !== null || this.op === '@input';
  }
}

/** From here on the node is an input like any other of its shape, wherever it came from. */
export function settle(node: Node, values: Stored, tensor: RuntimeTensor | null = null): void {
  node.values = values;
  node.tensor = tensor;
  node.owned = true;
  node.inputs = [];
  node.signature = signatureOf(`@leaf;1;${node.dtype};${node.shape.join()}`);
}

export function leaf(values: Stored, shape: readonly number[], dtype: ElementType): Node {
  const node = new Node('@leaf', [], shape, dtype, null, null, 1);
  node.values = values;
  return node;
}
