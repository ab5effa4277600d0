import { OnnxBackendError } from '../errors';
import { Node, leaf } from './node';
import type { Operator } from './operators';
import type { Attributes, ElementType } from './types';
import { ELEMENT_CODE, sameShape, sizeOf } from './types';

/** The operators that were added and have not been run, in order. */
export class Recording {
  private operators: Node[] = [];
  /** Counts operators, and what else `tick` is called for. */
  private count = 0;
  private current: { readonly start: number } | null = null;

  get pending(): readonly Node[] {
    return this.operators;
  }

  get now(): number {
    return this.count;
  }

  /** The trace of a function that is under way, with the count when it began; else null. */
  get trace(): { readonly start: number } | null {
    return this.current;
  }

  /** Counts what is no operator: a tensor that is made. */
  tick(): number {
    return ++this.count;
  }

  /** What is added from here on belongs to a trace, until `end`. */
  begin(): void {
    this.current = { start: this.count };
  }

  end(): void {
    this.current = null;
  }

  /** Takes out what is pending. */
  take(): readonly Node[] {
    const taken = this.operators;
    this.operators = [];
    return taken;
  }

  /** Puts other operators in the place of those that are pending. */
  replace(operators: readonly Node[]): void {
    this.operators = [...operators];
  }

  /**
   * Adds an operator. `shape` and `dtype` are those of its (first) output. ONNX Runtime's kernels
   * are not made for empty tensors: some crash the process or never return. So none gets into a
   * graph: an empty result is known at once, and a kernel says itself what comes of empty operands.
   * @throws OnnxBackendError `unsupported-op` for an empty operand with a result that is not.
   */
  op(
    op: Operator | '@const' | '@out',
    inputs: readonly Node[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes | null = null,
    integers: readonly (readonly number[])[] | null = null,
  ): Node {
    if (sizeOf(shape) === 0) return leaf(shape, dtype, this.current);
    const empty = inputs.find((input) => input.size === 0);
    if (empty !== undefined) throw emptyOperand(op, empty.shape, shape);
    const node = new Node(op, inputs, shape, dtype, attributes, integers, this.current);
    this.operators.push(node);
    this.count++;
    return node;
  }

  /** A further output of an operator, from 1 on. */
  part(node: Node, index: number, dtype: ElementType): Node {
    return this.op('@out', [node], node.shape, dtype, { index });
  }

  /** Numbers that are to come when a graph is run. */
  input(shape: readonly number[], dtype: ElementType): Node {
    return new Node('@input', [], shape, dtype, null, null, this.current);
  }

  /** A number that belongs to the structure of the graph. */
  scalar(value: number, dtype: ElementType = 'float32'): Node {
    return this.op('@const', [], [], dtype, { value: { f: value } });
  }

  /** A one-dimensional list of integers that belongs to the structure of the graph. */
  integers(values: readonly number[]): Node {
    return this.op('@const', [], [values.length], 'int64', { value: values });
  }

  reshape(node: Node, shape: readonly number[]): Node {
    if (sameShape(node.shape, shape)) return node;
    const source = node.op === 'Reshape' ? node.inputs[0] : undefined;
    return source === undefined
      ? this.op('Reshape', [node], shape, node.dtype, null, [shape])
      : this.reshape(source, shape);
  }

  cast(node: Node, dtype: ElementType): Node {
    if (node.dtype === dtype) return node;
    return this.op('Cast', [node], node.shape, dtype, { to: ELEMENT_CODE[dtype] });
  }
}

function emptyOperand(
  op: string,
  shape: readonly number[],
  result: readonly number[],
): OnnxBackendError {
  return new OnnxBackendError(
    'unsupported-op',
    `${op} cannot make a tensor of shape [${result.join()}] of an empty one of shape ` +
      `[${shape.join()}]: the onnx backend has no value for that. Leave the empty tensor out.`,
    op,
  );
}
