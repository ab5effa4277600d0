import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from '../errors';
import type { LazyGraph } from '../graph/lazy-graph';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import type { Attributes, ElementType, Values } from '../graph/types';
import type { TensorTable } from '../tensors/tensor-table';

/** The interface of kernels to the graph: operands as nodes, new operators, new tensors. */
export class KernelContext {
  constructor(
    private readonly graph: LazyGraph,
    private readonly tensors: TensorTable,
  ) {}

  /** Whether a function is being traced at the moment. */
  get isTracing(): boolean {
    return this.graph.isTracing;
  }

  /** The node of a tensor, in the tensor's shape. */
  node(info: TensorInfo): Node {
    return this.tensors.operand(info);
  }

  /** Gives a node to tfjs as a new tensor. */
  output(node: Node): TensorInfo {
    return this.tensors.give(this.graph.valueOf(node), node.shape);
  }

  /** The numbers of an operand if they are known, else null. */
  known(node: Node): Values | null {
    return this.graph.known(node);
  }

  /** Adds an operator; `shape` and `dtype` are those of its first output. See `Recording.op`. */
  op(
    op: Operator,
    inputs: readonly Node[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes | null = null,
    integers: readonly (readonly number[])[] | null = null,
  ): Node {
    return this.graph.recording.op(op, inputs, shape, dtype, attributes, integers);
  }

  /** A further output of an operator, from 1 on, of the first one's shape. */
  part(node: Node, index: number, dtype: ElementType): Node {
    return this.graph.recording.part(node, index, dtype);
  }

  /** A number that is part of the graph's structure. */
  scalar(value: number, dtype: ElementType = 'float32'): Node {
    return this.graph.recording.scalar(value, dtype);
  }

  /** A one-dimensional list of integers that is part of the graph's structure. */
  integers(values: readonly number[]): Node {
    return this.graph.recording.integers(values);
  }

  /** Numbers that the kernel knows. They are constants of the compiled graph until they change. */
  constant(values: Values, shape: readonly number[], dtype: ElementType): Node {
    return this.graph.constant(values, shape, dtype);
  }

  reshape(node: Node, shape: readonly number[]): Node {
    return this.graph.recording.reshape(node, shape);
  }

  cast(node: Node, dtype: ElementType): Node {
    return this.graph.recording.cast(node, dtype);
  }

  /** Counts a further tensor with this data. */
  incRef(dataId: DataId): void {
    this.tensors.incRef(dataId);
  }

  /** A tensor of these values. The array is not copied and belongs to the tensor afterwards. */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.tensors.literal(values, shape, dtype);
  }

  strings(values: Uint8Array[], shape: readonly number[]): TensorInfo {
    const dataId = this.tensors.write(values, shape, 'string');
    return { dataId, shape: [...shape], dtype: 'string' };
  }

  /** A tensor whose elements all equal `value`. */
  filled(value: number, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.tensors.filled(value, shape, dtype);
  }

  /** The number that all elements of a tensor equal, if that is known, else null. */
  fillOf(info: TensorInfo): number | null {
    return this.tensors.fillOf(info);
  }

  complex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    return this.tensors.complex(real, imag);
  }

  complexParts(info: TensorInfo): { readonly real: TensorInfo; readonly imag: TensorInfo } {
    const { complex, dtype } = this.tensors.get(info.dataId);
    // The real and imaginary parts have the shape with which the tensor was made; the caller may
    // see a different shape.
    const seen = (part: TensorInfo): TensorInfo => ({ ...part, shape: info.shape });
    if (complex !== null) return { real: seen(complex.real), imag: seen(complex.imag) };
    throw new OnnxBackendError('unsupported-op', `Expected a complex64 tensor, got ${dtype}.`);
  }
}
