import type { Node } from '../graph/node';
import type { Sharing } from './sharing';

/** The interface of rules to the graph. */
export interface Workshop extends Sharing {
  /** Whether only the current operator uses this input. */
  isUsedOnce(input: Node): boolean;
  /** The number of a node that is a constant of the compiled graph, else null. */
  numberOf(node: Node | undefined): number | null;
}

/** Returns a replacement of `node`, or null. The inputs of `node` are already rewritten. */
export type Rule = (node: Node, workshop: Workshop) => Node | null;
