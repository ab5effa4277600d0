import type { Attribute, ElementType, Values } from '../graph/types';
import { ELEMENT_CODE } from '../graph/types';
import type { ProtoWriter } from './proto-writer';

/*
 * Writes the messages of an ONNX model, with the field numbers of onnx.proto
 * (https://github.com/onnx/onnx).
 */

export const IR_VERSION = 9;
export const OPSET = 19;
/** Operators of ONNX Runtime's own domain. */
export const CONTRIB_OPS: ReadonlySet<string> = new Set([
  'CropAndResize',
  'FusedMatMul',
  'Gelu',
  'BiasGelu',
  'FastGelu',
]);
export const CONTRIB_DOMAIN = 'com.microsoft';

/** The fields of a `GraphProto` for its inputs, its outputs and intermediate values. */
export const GRAPH_INPUT = 11;
export const GRAPH_OUTPUT = 12;
export const GRAPH_VALUE = 13;

/** The types of numbers in files: those of values, and 8 bits of quantised weights. */
export type StoredType = ElementType | 'int8' | 'uint8';
const STORED_CODE: Readonly<Record<StoredType, number>> = { ...ELEMENT_CODE, uint8: 2, int8: 3 };

/** `TensorProto.DataLocation.EXTERNAL` */
const EXTERNAL = 1;

/** Where the bytes of a tensor are, if they are not in the model. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
}

/** A size of a shape: a number, the name of a dynamic size, or null for an unknown size. */
export type Size = number | string | null;

export interface Operator {
  readonly op: string;
  /** Name of the operator, for messages and options of the runtime. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>> | null;
}

export function writeOpset(writer: ProtoWriter, domain: string, version: number): void {
  writer.message(8, () => {
    writer.string(1, domain);
    writer.varint(2, version);
  });
}

export function writeOperator(
  writer: ProtoWriter,
  { op, name, inputs, outputs, attributes }: Operator,
): void {
  writer.message(1, () => {
    for (const input of inputs) writer.string(1, input);
    for (const output of outputs) writer.string(2, output);
    writer.string(3, name);
    writer.string(4, op);
    for (const key in attributes) {
      writer.message(5, () => writeAttribute(writer, key, attributes[key] as Attribute));
    }
    if (CONTRIB_OPS.has(op)) writer.string(7, CONTRIB_DOMAIN);
  });
}

export function writeAttribute(writer: ProtoWriter, name: string, value: Attribute): void {
  writer.string(1, name);
  if (typeof value === 'number') {
    writer.varint(3, value);
    writer.varint(20, 2);
  } else if (typeof value === 'string') {
    writer.string(4, value);
    writer.varint(20, 3);
  } else if ('f' in value) {
    writer.float(2, value.f);
    writer.varint(20, 1);
  } else {
    for (const item of value) writer.varint(8, item);
    writer.varint(20, 7);
  }
}

/** @param place where the bytes are; null: in the model. */
export function writeTensor(
  writer: ProtoWriter,
  name: string,
  dtype: StoredType,
  shape: readonly number[],
  bytes: Uint8Array,
  place: ExternalPlace | null = null,
): void {
  writer.message(5, () => {
    for (const size of shape) writer.varint(1, size);
    writer.varint(2, STORED_CODE[dtype]);
    writer.string(8, name);
    if (place === null) {
      writer.data(9, bytes);
      return;
    }
    writeEntry(writer, 13, 'location', place.location);
    writeEntry(writer, 13, 'offset', String(place.offset));
    writeEntry(writer, 13, 'length', String(bytes.length));
    writer.varint(14, EXTERNAL);
  });
}

/** @param code the number of the element type. */
export function writeValueInfo(
  writer: ProtoWriter,
  field: number,
  name: string,
  shape: readonly Size[],
  code: number,
): void {
  writer.message(field, () => {
    writer.string(1, name);
    writer.message(2, () =>
      writer.message(1, () => {
        writer.varint(1, code);
        writer.message(2, () => {
          for (const size of shape) {
            writer.message(1, () => {
              if (typeof size === 'number') writer.varint(1, size);
              else if (size !== null) writer.string(2, size);
            });
          }
        });
      }),
    );
  });
}

export function writeEntry(writer: ProtoWriter, field: number, key: string, value: string): void {
  writer.message(field, () => {
    writer.string(1, key);
    writer.string(2, value);
  });
}

/** The memory of the array, without a copy. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Values): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The bytes of a list of int64. */
export const int64Bytes = (values: readonly number[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

export function scalarBytes(value: number, dtype: ElementType): Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Uint8Array(Float32Array.of(value).buffer);
    case 'float64':
      return new Uint8Array(Float64Array.of(value).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.of(value).buffer);
    case 'int64':
      return int64Bytes([value]);
    case 'bool':
      return Uint8Array.of(value === 0 ? 0 : 1);
  }
}
