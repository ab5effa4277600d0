import { OnnxBackendError } from '../errors';
import { Node, leaf } from './node';
import type { Operator } from './operators';
import type { Attributes, ElementType } from './types';
import { ELEMENT_CODE, sameShape, sizeOf } from './types';

/** The pending operators: they were added to the graph and have not run, in order. */
export class Recording {
  private operators: Node[] = [];
  /** Counts operators and tensors (`tick`). */
  private count = 0;
  private current: { readonly start: number } | null = null;

  get pending(): readonly Node[] {
    return this.operators;
  }

  get now(): number {
    return this.count;
  }

  /**
   * The current trace of a function, with the count at its beginning; null if no function is
   * traced.
   */
  get trace(): { readonly start: number } | null {
    return this.current;
  }

  /** Counts a new tensor, and returns the count. */
  tick(): number {
    return ++this.count;
  }

  /** Begins a trace: operators that are added until `end` belong to it. */
  begin(): void {
    this.current = { start: this.count };
  }

  end(): void {
    this.current = null;
  }

  /** Removes and returns the pending operators. */
  take(): readonly Node[] {
    const taken = this.operators;
    this.operators = [];
    return taken;
  }

  /** Replaces the pending operators. */
  replace(operators: readonly Node[]): void {
    this.operators = [...operators];
  }

  /**
   * Adds an operator; `shape` and `dtype` describe its (first) output. Empty tensors never enter a
   * graph, because some kernels of ONNX Runtime crash or never return with them. An empty result is
   * known without computation, and each kernel handles empty operands itself.
   * @throws OnnxBackendError `unsupported-op` for an empty operand with a result that is not empty.
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

  /** An input of the graph, whose numbers are given when the graph runs. */
  input(shape: readonly number[], dtype: ElementType): Node {
    return new Node('@input', [], shape, dtype, null, null, this.current);
  }

  /** A number that is part of the graph's structure. */
  scalar(value: number, dtype: ElementType = 'float32'): Node {
    return this.op('@const', [], [], dtype, { value: { f: value } });
  }

  /** A one-dimensional list of integers that is part of the graph's structure. */
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
    `${op} cannot make a tensor of shape [${result.join()}] from an empty tensor of shape ` +
      `[${shape.join()}] on the onnx backend. Leave the empty tensor out.`,
    op,
  );
}
