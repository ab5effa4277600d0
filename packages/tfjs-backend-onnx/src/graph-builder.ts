import { KernelBackend } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from './errors';
import { Node, leaf } from './graph/node';
import type { Attributes, ElementType, Values } from './graph/types';
import { ELEMENT_CODE, emptyValues, sameShape, sizeOf } from './graph/types';

/** The graph that grows while tfjs runs kernels: what a kernel may add to it. */
export abstract class GraphBuilder extends KernelBackend {
  /** Operators not run yet, in the order in which they were added. */
  protected pending: Node[] = [];
  /** Counts operators and writes. */
  protected sequence = 0;
  /** The trace that is under way, and the count of operators and writes when it began. */
  protected trace: object | null = null;
  protected traceStart = 0;

  /** Whether a function is being traced at the moment. */
  get isTracing(): boolean {
    return this.trace !== null;
  }

  /**
   * Adds an operator. `shape` and `dtype` are those of its (first) output. ONNX Runtime's kernels
   * are not made for empty tensors: some crash the process or never return. So none gets into a
   * graph: an empty result is known at once, and a kernel says itself what comes of empty operands.
   * @throws OnnxBackendError `unsupported-op` for an empty operand with a result that is not.
   */
  op(
    op: string,
    inputs: readonly Node[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes | null = null,
    integers: readonly (readonly number[])[] | null = null,
    outputs = 1,
  ): Node {
    if (sizeOf(shape) === 0) return this.constant(emptyValues(dtype, 0), shape, dtype);
    const empty = inputs.find((input) => input.size === 0);
    if (empty !== undefined) throw emptyOperand(op, empty.shape, shape);
    const node = new Node(op, inputs, shape, dtype, attributes, integers, outputs);
    node.trace = this.trace;
    this.pending.push(node);
    this.sequence++;
    return node;
  }

  /** A number that belongs to the structure of the graph. */
  scalar(value: number, dtype: ElementType = 'float32'): Node {
    return this.op('@const', [], [], dtype, { value: { f: value } });
  }

  /** A one-dimensional list of integers that belongs to the structure of the graph. */
  integers(values: readonly number[]): Node {
    return this.op('@const', [], [values.length], 'int64', { value: values });
  }

  /** Values a kernel knows while tracing; built into the graph as long as they stay the same. */
  constant(values: Values, shape: readonly number[], dtype: ElementType): Node {
    const node = leaf(values, shape, dtype);
    node.trace = this.trace;
    node.seen = true;
    node.constant = true;
    return node;
  }

  reshape(node: Node, shape: readonly number[]): Node {
    if (sameShape(node.shape, shape)) return node;
    const source = node.op === 'Reshape' && node.values === null ? node.inputs[0] : undefined;
    return source === undefined
      ? this.op('Reshape', [node], shape, node.dtype, null, [shape])
      : this.reshape(source, shape);
  }

  cast(node: Node, dtype: ElementType): Node {
    if (node.dtype === dtype) return node;
    return this.op('Cast', [node], node.shape, dtype, { to: ELEMENT_CODE[dtype] });
  }

  /** A tensor made by a function while it was traced has no value of its own. */
  protected refuseEscaped(node: Node): void {
    if (node.values !== null || node.trace === null || node.trace === this.trace) return;
    throw new OnnxBackendError(
      'jit',
      'A tensor was used that a jit function made while it was traced and did not return. ' +
        'Return it from the function, or assign it to a tf.Variable there.',
    );
  }

  /** While a function is traced there is nothing to read. */
  protected refuseReading(): void {
    if (this.trace === null) return;
    throw new OnnxBackendError(
      'jit',
      'A value was read (data, dataSync, array, print, ...) inside a function that jit or ' +
        'exportOnnx traces. There are no values yet: return the tensor and read it outside.',
    );
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
