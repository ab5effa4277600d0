import type { Buffer, Executor } from '../execution/executor';
import type { Node } from './node';
import type { Values } from './types';
import { emptyValues } from './types';
import type { Shown } from './value';
import { Leaf, Value } from './value';

/** The memory behind leaves: which buffer each shows, and when a buffer is free again. */
export class ValueTable {
  /** Bytes of values that somebody holds. */
  heldBytes = 0;
  private dead: Value[] = [];

  constructor(private readonly executor: Executor) {}

  /** What a leaf shows. One that shows no value is empty, or an input whose numbers are to come. */
  of(node: Node): Value {
    if (node instanceof Leaf) return node.value;
    const value = new Value(node, false);
    if (node.op === '@leaf') {
      value.buffer = this.executor.adopt(emptyValues(node.dtype, 0), node.dtype);
    }
    return value;
  }

  /**
   * A value of an array, which is taken over.
   * @param isOwned false for one that must stay as it is, whoever holds it.
   */
  write(array: Values, shown: Shown, isOwned: boolean): Value {
    const value = new Value(shown, isOwned);
    value.buffer = this.executor.adopt(array, shown.dtype);
    return value;
  }

  /** A value of a program's output. */
  computed(buffer: Buffer, { shape, dtype }: Node): Value {
    const value = new Value({ shape, dtype, trace: null }, true);
    value.buffer = buffer;
    value.isConstant = false;
    return value;
  }

  /** Keeps a promise: from here on an input like any other of its shape. */
  settle(value: Value, buffer: Buffer): void {
    const { shape, dtype } = value.node;
    value.node = new Leaf({ shape, dtype, trace: null }, value);
    value.buffer = buffer;
    value.isConstant = false;
    if (value.holders > 0) this.heldBytes += buffer.byteLength;
  }

  /** A leaf that shows the same numbers in another shape. */
  view(node: Node, shape: readonly number[]): Node {
    const { dtype, trace } = node;
    return new Leaf({ shape, dtype, trace }, this.of(node));
  }

  /** Counts one more holder of the value: its numbers are kept. */
  hold(value: Value): void {
    if (value.holders === 0 && value.buffer !== null) this.heldBytes += value.buffer.byteLength;
    value.holders++;
  }

  /** Counts one holder less; without any, the memory may be used again. */
  release(value: Value): void {
    value.holders--;
    if (value.holders > 0 || value.buffer === null) return;
    this.heldBytes -= value.buffer.byteLength;
    if (value.isOwned) this.dead.push(value);
  }

  /**
   * Gives back what nobody holds. Nothing that is pending may need it: that is so after everything
   * that is held has been computed.
   */
  recycle(): void {
    for (const value of this.dead) {
      if (value.holders > 0 || value.buffer === null) continue;
      this.executor.free(value.buffer);
      value.buffer = null;
    }
    this.dead = [];
  }

  /** Forgets everything, without giving it back. */
  clear(): void {
    this.dead = [];
    this.heldBytes = 0;
  }
}
