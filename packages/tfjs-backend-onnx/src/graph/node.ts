import type { Attribute, Attributes, ElementType } from './types';
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
 * A value in the lazy graph: one output of one ONNX operator, or a leaf. It never changes. What a
 * plan, a graph or an executor knows about it (its place, its memory, who holds it) is theirs.
 *
 * `op` is the ONNX operator (`com.microsoft` ones are in `CONTRIB_OPS`) or one of
 * `@leaf` (its numbers lie in memory: see `Value`), `@input` (its numbers come when the graph is
 * run), `@const` (a number, or a list of integers, of the structure) and `@out` (a further output
 * of an operator with several: `index` says which).
 */
export class Node {
  /** How many elements it has: the product of its shape. */
  readonly size: number;
  /** Interned description: equal for nodes that may stand for each other in a compiled graph. */
  readonly signature: number;

  constructor(
    readonly op: string,
    readonly inputs: readonly Node[],
    readonly shape: readonly number[],
    readonly dtype: ElementType,
    readonly attributes: Attributes | null = null,
    /** Integer inputs of the operator (axes, shapes, bounds), placed after `inputs`. */
    readonly integers: readonly (readonly number[])[] | null = null,
    /** The trace of a `jit` function it was made in: outside of that an operator has no value. */
    readonly trace: object | null = null,
  ) {
    let key = `${op};${dtype};${shape.join()}`;
    if (attributes !== null) {
      for (const name in attributes)
        key += `;${name}=${attributeKey(attributes[name] as Attribute)}`;
    }
    if (integers !== null) for (const list of integers) key += `|${list.join()}`;
    this.signature = signatureOf(key);
    this.size = sizeOf(shape);
  }

  /** Whether it goes into a graph as numbers, and not as an operator to be run. */
  get isLeaf(): boolean {
    return this.op === '@leaf' || this.op === '@input';
  }
}

/** A node for numbers in memory. */
export function leaf(
  shape: readonly number[],
  dtype: ElementType,
  trace: object | null = null,
): Node {
  return new Node('@leaf', [], shape, dtype, null, null, trace);
}

/** The number of a structural constant; null for any other node. */
export function structuralNumber(node: Node): number | null {
  const value = node.op === '@const' ? node.attributes?.['value'] : undefined;
  return typeof value === 'object' && 'f' in value ? value.f : null;
}
