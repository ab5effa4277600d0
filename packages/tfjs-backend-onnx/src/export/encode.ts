import { ELEMENT_CODE } from '../graph/types';
import { ProtoWriter } from '../onnx/proto-writer';
import {
  GRAPH_INPUT,
  GRAPH_OUTPUT,
  GRAPH_VALUE,
  IR_VERSION,
  OPSET,
  writeEntry,
  writeOperator,
  writeOpset,
  writeTensor,
  writeValueInfo,
} from '../onnx/write';
import type { GraphInput } from './inputs';
import type { Initialiser, OnnxGraph, ValueInfo } from './onnx-graph';

export interface ModelInfo {
  readonly producer: { readonly name: string; readonly version: string };
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights in a separate file, to which the model refers by its name. */
export interface ExternalData {
  readonly location: string;
  readonly data: Uint8Array;
}

/** What a file says of an input. */
type StoredInput = ValueInfo & Pick<GraphInput, 'int64'>;

/** Smaller tensors stay in the model, since runtimes read them while loading it. */
const MIN_EXTERNAL_BYTES = 1024;
/** Offsets are multiples of a page, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;

/** Writes the graph as an ONNX model; field numbers as in onnx.proto. */
export function encode(
  graph: Pick<OnnxGraph, 'operators' | 'initialisers' | 'values'>,
  inputs: readonly StoredInput[],
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
    const narrow = narrowed(inputs);
    for (const [wide, name] of narrow) {
      const attributes = { to: ELEMENT_CODE.int32 };
      writeOperator(writer, { op: 'Cast', name, inputs: [wide], outputs: [name], attributes });
    }
    graph.operators.forEach(({ op, inputs: operands, outputs: results, attributes }, i) => {
      const name = `${i}_${op}`;
      const read = operands.map((operand) => narrow.get(operand) ?? operand);
      writeOperator(writer, { op, name, inputs: read, outputs: results, attributes });
    });
    for (const tensor of graph.initialisers) {
      const { name, dtype, shape, bytes } = tensor;
      const offset = offsets.get(tensor);
      const place = location === null || offset === undefined ? null : { location, offset };
      writeTensor(writer, name, dtype, shape, bytes, place);
    }
    const describe = (field: number, values: readonly ValueInfo[]): void => {
      for (const { name, shape, dtype } of values) {
        writeValueInfo(writer, field, name, shape, ELEMENT_CODE[dtype]);
      }
    };
    const stored = inputs.map(({ int64, dtype, ...input }): ValueInfo => ({
      ...input,
      dtype: int64 === true ? 'int64' : dtype,
    }));
    describe(GRAPH_INPUT, stored);
    describe(GRAPH_OUTPUT, outputs);
    const known = new Set(outputs.map(({ name }) => name));
    describe(
      GRAPH_VALUE,
      graph.values.filter(({ name }) => !known.has(name)),
    );
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

/** Names of the int32 values that inputs of int64 become, by the inputs' names. */
function narrowed(inputs: readonly StoredInput[]): ReadonlyMap<string, string> {
  return new Map(
    inputs.flatMap(({ name, int64 }) => (int64 === true ? [[name, `${name}.int32`] as const] : [])),
  );
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
