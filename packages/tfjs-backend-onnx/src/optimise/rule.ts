import type { Node } from '../graph/node';
import type { Sharing } from './sharing';

/** What rules may ask and make. */
export interface Workshop extends Sharing {
  /** Whether nothing but the operator at hand needs this input. */
  isUsedOnce(input: Node): boolean;
  /** The number a node is as long as the compiled graph lives, or null. */
  numberOf(node: Node | undefined): number | null;
}

/** Gives what may stand in the place of `node`, or null. Its inputs have been rewritten before. */
export type Rule = (node: Node, workshop: Workshop) => Node | null;
