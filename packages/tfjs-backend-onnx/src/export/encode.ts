import { IR_VERSION, OPSET, writeAttribute, writeOpset } from '../graph/model';
import { ProtoWriter } from '../graph/proto';
import type { Attribute } from '../graph/types';
import { ELEMENT_CODE } from '../graph/types';
import type { Initialiser, OnnxGraph, ValueInfo } from './onnx-graph';

export interface ModelInfo {
  readonly producer: { readonly name: string; readonly version: string };
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights beside the model, in the file whose name the model knows. */
export interface ExternalData {
  readonly location: string;
  readonly data: Uint8Array;
}

/** Smaller tensors stay in the model: they are read while it is loaded. */
const MIN_EXTERNAL_BYTES = 1024;
/** Offsets are multiples of a page, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;
/** `TensorProto.DataLocation.EXTERNAL` */
const EXTERNAL = 1;

/** Writes the graph as an ONNX model; field numbers as in onnx.proto. */
export function encode(
  graph: OnnxGraph,
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
  info: ModelInfo,
  location: string | null,
): { readonly model: Uint8Array; readonly externalData: ExternalData | null } {
  const placed = location === null ? [] : place(graph.initialisers);
  const offsets = new Map(placed.map(({ tensor, offset }) => [tensor, offset]));
  const inside = graph.initialisers.filter((tensor) => !offsets.has(tensor));
  const writer = new ProtoWriter(inside.reduce((sum, { bytes }) => sum + bytes.length, 1 << 16));
  writer.varint(1, IR_VERSION);
  writer.string(2, info.producer.name);
  writer.string(3, info.producer.version);
  if (info.description !== '') writer.string(6, info.description);
  writer.message(7, () => {
    writer.string(2, 'main');
    graph.operators.forEach(({ op, inputs: operands, outputs: results, attributes }, i) => {
      writer.message(1, () => {
        for (const name of operands) writer.string(1, name);
        for (const name of results) writer.string(2, name);
        writer.string(3, `${i}_${op}`);
        writer.string(4, op);
        for (const [name, value] of Object.entries<Attribute>(attributes ?? {})) {
          writer.message(5, () => writeAttribute(writer, name, value));
        }
      });
    });
    for (const tensor of graph.initialisers) {
      writeTensor(writer, tensor, location, offsets.get(tensor));
    }
    for (const input of inputs) writeValueInfo(writer, 11, input);
    for (const output of outputs) writeValueInfo(writer, 12, output);
    const known = new Set(outputs.map(({ name }) => name));
    for (const value of graph.values) if (!known.has(value.name)) writeValueInfo(writer, 13, value);
  });
  writeOpset(writer, '', OPSET);
  for (const [key, value] of Object.entries(info.metadata)) writeEntry(writer, 14, key, value);
  const model = writer.finish();
  if (location === null || placed.length === 0) return { model, externalData: null };
  const last = placed.at(-1) as (typeof placed)[number];
  const data = new Uint8Array(last.offset + last.tensor.bytes.length);
  for (const { tensor, offset } of placed) data.set(tensor.bytes, offset);
  return { model, externalData: { location, data } };
}

function place(
  initialisers: readonly Initialiser[],
): { readonly tensor: Initialiser; readonly offset: number }[] {
  let end = 0;
  return initialisers
    .filter(({ bytes }) => bytes.length >= MIN_EXTERNAL_BYTES)
    .map((tensor) => {
      const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      end = offset + tensor.bytes.length;
      return { tensor, offset };
    });
}

function writeTensor(
  writer: ProtoWriter,
  { name, dtype, shape, bytes }: Initialiser,
  location: string | null,
  offset: number | undefined,
): void {
  writer.message(5, () => {
    for (const size of shape) writer.varint(1, size);
    writer.varint(2, ELEMENT_CODE[dtype]);
    writer.string(8, name);
    if (location === null || offset === undefined) {
      writer.data(9, bytes);
      return;
    }
    writeEntry(writer, 13, 'location', location);
    writeEntry(writer, 13, 'offset', String(offset));
    writeEntry(writer, 13, 'length', String(bytes.length));
    writer.varint(14, EXTERNAL);
  });
}

function writeEntry(writer: ProtoWriter, field: number, key: string, value: string): void {
  writer.message(field, () => {
    writer.string(1, key);
    writer.string(2, value);
  });
}

function writeValueInfo(
  writer: ProtoWriter,
  field: number,
  { name, dtype, shape }: ValueInfo,
): void {
  writer.message(field, () => {
    writer.string(1, name);
    writer.message(2, () =>
      writer.message(1, () => {
        writer.varint(1, ELEMENT_CODE[dtype]);
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
