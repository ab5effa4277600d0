import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { OpenvinoBackendError } from '../errors';
import { ffi } from './ffi';
import { Handle } from './handle';
import type { Library } from './library';

/** `ov_element_type_e` */
const ELEMENT_TYPE: Readonly<Record<ElementType, number>> = {
  bool: 1,
  float32: 4,
  float64: 5,
  int32: 9,
  int64: 10,
};

/** An input or output of a model. */
export interface Slot {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly size: number;
}

interface Shape {
  readonly rank: bigint;
  readonly dims: bigint;
}

/** A compiled model with one request, which reads and writes JavaScript arrays in place. */
export class CompiledModel extends Handle {
  protected readonly what = 'A compiled graph';
  private readonly request: bigint;
  /** The arrays of the current run. */
  private inUse: readonly Values[] = [];
  private readonly shapes = new Map<
    Slot,
    { readonly dims: BigInt64Array; readonly given: Shape }
  >();
  /** The arrays that the request has at present. They may be collected when nothing else uses them. */
  private readonly bound = new Map<string, WeakRef<Values>>();

  constructor(
    private readonly library: Library,
    pointer: bigint,
  ) {
    super(pointer);
    this.request = library.make(
      'preparing a graph',
      'ov_compiled_model_create_infer_request',
      1,
      pointer,
    );
  }

  /** Makes the next runs read an input from this array. */
  setInput(index: number, slot: Slot, values: Values): void {
    this.bind('input', index, slot, values);
  }

  /** Makes the next runs write an output to this array. */
  setOutput(index: number, slot: Slot, values: Values): void {
    this.bind('output', index, slot, values);
  }

  /** Computes. @param arrays all arrays that were set, so that they are in use during the run. */
  run(arrays: readonly Values[]): void {
    this.inUse = arrays;
    try {
      this.library.call('computing a graph', 'ov_infer_request_infer', this.requestInUse());
    } finally {
      this.inUse = [];
    }
  }

  private requestInUse(): bigint {
    if (this.pointer === 0n || this.inUse.length === 0) {
      throw new OpenvinoBackendError('runtime', 'A graph of OpenVINO has no arrays to compute.');
    }
    return this.request;
  }

  protected release(pointer: bigint): void {
    this.library.free('ov_infer_request_free', this.request);
    this.library.free('ov_compiled_model_free', pointer);
    this.bound.clear();
  }

  private bind(side: 'input' | 'output', index: number, slot: Slot, values: Values): void {
    const place = `${side}${index}`;
    if (this.bound.get(place)?.deref() === values && values.length === slot.size) return;
    const tensor = this.wrap(slot, values);
    try {
      this.library.call(
        `passing ${side} ${index}`,
        `ov_infer_request_set_${side}_tensor_by_index`,
        ...[this.request, index, tensor],
      );
    } finally {
      this.library.free('ov_tensor_free', tensor);
    }
    this.bound.set(place, new WeakRef(values));
  }

  /** `ov_shape_t` of a slot. Its numbers are kept, because the garbage collector knows no addresses. */
  private shapeOf(slot: Slot): Shape {
    const known = this.shapes.get(slot);
    if (known !== undefined) return known.given;
    const dims = BigInt64Array.from(slot.shape, BigInt);
    const given = {
      rank: BigInt(dims.length),
      dims: dims.length === 0 ? 0n : ffi().address(dims),
    };
    this.shapes.set(slot, { dims, given });
    return given;
  }

  private wrap(slot: Slot, values: Values): bigint {
    const { dtype, shape, size } = slot;
    if (values.length !== size) {
      throw new OpenvinoBackendError(
        'runtime',
        `A graph of OpenVINO takes or gives ${size} elements of shape [${shape.join()}]; got an array of ${values.length}.`,
      );
    }
    const given = this.shapeOf(slot);
    const data = ffi().address(values);
    return this.library.make(
      'wrapping an array',
      'ov_tensor_create_from_host_ptr',
      3,
      ...[ELEMENT_TYPE[dtype], given, data],
    );
  }
}
