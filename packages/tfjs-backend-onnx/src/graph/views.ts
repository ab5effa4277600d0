import type { Node } from './node';
import type { Recording } from './recording';
import { sameShape } from './types';
import type { ValueTable } from './value-table';

/** Nodes in other shapes: the latest of each node, so that a pending view is made only once. */
export class Views {
  private readonly latest = new Map<Node, Node>();

  constructor(
    private readonly values: ValueTable,
    private readonly recording: Recording,
  ) {}

  of(node: Node, shape: readonly number[]): Node {
    if (sameShape(node.shape, shape)) return node;
    const known = this.latest.get(node);
    if (known !== undefined && sameShape(known.shape, shape)) return known;
    // Numbers in memory need no Reshape: they enter the graph in this shape.
    const view =
      node.op === '@leaf' ? this.values.view(node, shape) : this.recording.reshape(node, shape);
    this.latest.set(node, view);
    return view;
  }

  clear(): void {
    this.latest.clear();
  }
}
