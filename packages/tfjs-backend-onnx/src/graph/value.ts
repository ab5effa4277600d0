import type { Buffer } from '../execution/executor';
import { Node } from './node';
import type { ElementType } from './types';

/**
 * What tensors hold: numbers in memory, or the promise of a pending operator. Several tensors, of
 * different shapes, may hold the same one.
 */
export class Value {
  /** The operator that computes it; a leaf once it has a buffer. */
  node: Node;
  /** Null until it is computed, and when it has been given back. */
  buffer: Buffer | null = null;
  /** Tensors and compiled functions that hold it: above zero means that somebody may read it. */
  holders = 0;
  /**
   * Whether the numbers are likely the same in each run, as a learning rate's are, so that they may
   * be built into a compiled graph; null until an operator uses them.
   */
  isConstant: boolean | null = null;

  /** @param source its operator, or what its leaf shows. */
  constructor(
    source: Node | Shown,
    /** Whether its memory may be used again when nobody holds it. */
    readonly isOwned: boolean,
  ) {
    this.node = source instanceof Node ? source : new Leaf(source, this);
  }
}

/** A leaf's shape and type, and the trace it was made in, if any. */
export interface Shown {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  readonly trace: object | null;
}

/** A leaf that shows a value's numbers in one of their shapes, once they are there. */
export class Leaf extends Node {
  constructor(
    { shape, dtype, trace }: Shown,
    readonly value: Value,
  ) {
    super('@leaf', [], shape, dtype, null, null, trace);
  }
}
