import { Node } from '../graph/node';
import type { Attributes, ElementType } from '../graph/types';
import { sameShape } from '../graph/types';

/** Makes nodes without duplicates: the same operator of the same inputs gives the same node. */
export class Sharing {
  private readonly known = new Map<string, Node>();
  private readonly numbers = new Map<Node, number>();

  node(
    op: string,
    inputs: readonly Node[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes | null = null,
    integers: readonly (readonly number[])[] | null = null,
  ): Node {
    const made = new Node(op, inputs, shape, dtype, attributes, integers);
    const key = `${made.signature}:${inputs.map((input) => this.identify(input)).join()}`;
    const shared = this.known.get(key) ?? made;
    this.known.set(key, shared);
    return shared;
  }

  scalar(value: number): Node {
    return this.node('@const', [], [], 'float32', { value: { f: value } });
  }

  reshape(x: Node, shape: readonly number[]): Node {
    return sameShape(x.shape, shape) ? x : this.node('Reshape', [x], shape, x.dtype, null, [shape]);
  }

  private identify(node: Node): number {
    let number = this.numbers.get(node);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(node, number);
    }
    return number;
  }
}
