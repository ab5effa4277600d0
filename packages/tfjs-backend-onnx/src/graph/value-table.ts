import type { Buffer, Executor } from '../execution/executor';
import type { Node } from './node';
import type { Values } from './types';
import { emptyValues } from './types';
import type { Shown } from './value';
import { Leaf, Value } from './value';

/** The values of leaves, and when their buffers are free again. */
export class ValueTable {
  /** Bytes of all values that are held. */
  heldBytes = 0;
  private dead: Value[] = [];

  constructor(private readonly executor: Executor) {}

  /**
   * The value of a leaf. A leaf without a value is an empty tensor, or an input whose numbers are
   * given later.
   */
  of(node: Node): Value {
    if (node instanceof Leaf) return node.value;
    const value = new Value(node, false);
    if (node.op === '@leaf') {
      value.buffer = this.executor.adopt(emptyValues(node.dtype, 0), node.dtype);
    }
    return value;
  }

  /**
   * Makes a value of an array. The array belongs to the value afterwards. @param isOwned false for
   * an array that must never be reused.
   */
  write(array: Values, shown: Shown, isOwned: boolean): Value {
    const value = new Value(shown, isOwned);
    value.buffer = this.executor.adopt(array, shown.dtype);
    return value;
  }

  /** Makes the value of a program's output. */
  computed(buffer: Buffer, { shape, dtype }: Node): Value {
    const value = new Value({ shape, dtype, trace: null }, true);
    value.buffer = buffer;
    value.isConstant = false;
    return value;
  }

  /** Gives a pending value its buffer. Its node becomes a leaf. */
  setBuffer(value: Value, buffer: Buffer): void {
    const { shape, dtype } = value.node;
    value.node = new Leaf({ shape, dtype, trace: null }, value);
    value.buffer = buffer;
    value.isConstant = false;
    if (value.holders > 0) this.heldBytes += buffer.byteLength;
  }

  /** A leaf with the same numbers in a different shape. */
  view(node: Node, shape: readonly number[]): Node {
    const { dtype, trace } = node;
    return new Leaf({ shape, dtype, trace }, this.of(node));
  }

  /** Adds a holder of the value, whose numbers are then kept. */
  hold(value: Value): void {
    if (value.holders === 0 && value.buffer !== null) this.heldBytes += value.buffer.byteLength;
    value.holders++;
  }

  /** Removes a holder of the value. Without holders its memory may be reused. */
  release(value: Value): void {
    value.holders--;
    if (value.holders > 0 || value.buffer === null) return;
    this.heldBytes -= value.buffer.byteLength;
    if (value.isOwned) this.dead.push(value);
  }

  /**
   * Gives back the buffers of all values without holders. No pending operator may need them, which
   * is so after every held value was computed.
   */
  recycle(): void {
    for (const value of this.dead) {
      if (value.holders > 0 || value.buffer === null) continue;
      this.executor.free(value.buffer);
      value.buffer = null;
    }
    this.dead = [];
  }

  /** Forgets all values without giving their buffers back. */
  clear(): void {
    this.dead = [];
    this.heldBytes = 0;
  }
}
