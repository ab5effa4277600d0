import type { Buffer } from '../execution/executor';
import { Node } from './node';
import type { ElementType } from './types';

/**
 * The data of tensors: numbers in memory, or the future result of a pending operator. Several
 * tensors, also of different shapes, may hold the same value.
 */
export class Value {
  /** Null until the value is computed, and after the memory was given back. */
  buffer: Buffer | null = null;
  /**
   * Number of tensors and compiled functions that hold the value. Above zero, the value may still
   * be read.
   */
  holders = 0;
  /**
   * Whether the numbers are probably the same in each run (as a learning rate), so that they may
   * become constants of a compiled graph. Null until an operator uses them.
   */
  isConstant: boolean | null = null;

  /** @param source the operator, or the description of the leaf. */
  constructor(
    private source: Node | Shown,
    /** Whether its memory may be reused when nothing holds it. */
    readonly isOwned: boolean,
  ) {}

  /**
   * The operator that computes the value; a leaf after the value has a buffer. The leaf is made when
   * it is asked for, since the results of a compiled step are seldom operands of an operator.
   */
  get node(): Node {
    const { source } = this;
    if (source instanceof Node) return source;
    return (this.source = new Leaf(source, this));
  }

  set node(node: Node) {
    this.source = node;
  }

  /** The shape and type of its node. */
  get shown(): Pick<Shown, 'shape' | 'dtype'> {
    return this.source;
  }
}

/** A leaf's shape and type, and the trace in which it was made, if any. */
export interface Shown {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  readonly trace: object | null;
}

/** A leaf that stands for a value's numbers in one of their shapes. */
export class Leaf extends Node {
  constructor(
    { shape, dtype, trace }: Shown,
    readonly value: Value,
  ) {
    super('@leaf', [], shape, dtype, null, null, trace);
  }
}
