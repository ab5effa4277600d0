import type { Node } from './node';
import type { Plan } from './plan';
import { ProtoWriter } from './proto';
import { mergedTranspose } from './transpose';
import type { Attribute, ElementType, Values } from './types';
import { ELEMENT_CODE } from './types';

/** Operators of ONNX Runtime's own domain. */
const CONTRIB_OPS: ReadonlySet<string> = new Set([
  'CropAndResize',
  'FusedMatMul',
  'Gelu',
  'BiasGelu',
  'FastGelu',
]);
const IR_VERSION = 9;
const OPSET = 19;
const BFLOAT16 = 16;

/** An output no JavaScript array can hold; what it is for says `runInto`. */
export const STOP_OUTPUT = 'stop';

/** The name of a node's value inside the model. */
export function nameOf(node: Node): string {
  if (node.index < 0) return `L${-1 - node.index}`;
  if (node.op !== '@out') return `N${node.index}`;
  return `N${(node.inputs[0] as Node).index}.${node.attributes?.['index'] as number}`;
}

/** The name of an operator inside the model, for ONNX Runtime's messages and options. */
export function operatorName(node: Node): string {
  return `${node.index}_${node.op}`;
}

/**
 * Writes the plan as an ONNX model.
 * @param baked for each leaf, the values that become a constant of the model, or null.
 * @param stop whether `STOP_OUTPUT` comes before the plan's outputs.
 */
export function encodeModel(
  plan: Plan,
  baked: readonly (Values | null)[],
  stop = false,
): Uint8Array {
  const writer = new ProtoWriter();
  writer.varint(1, IR_VERSION);
  writer.message(7, () => {
    writer.string(2, 'lazy');
    if (stop) writeStop(writer);
    writeGraph(writer, plan, baked);
  });
  writeOpset(writer, '', OPSET);
  writeOpset(writer, 'com.microsoft', 1);
  return writer.finish();
}

function writeOpset(writer: ProtoWriter, domain: string, version: number): void {
  writer.message(8, () => {
    writer.string(1, domain);
    writer.varint(2, version);
  });
}

function writeGraph(writer: ProtoWriter, plan: Plan, baked: readonly (Values | null)[]): void {
  const integers = new Map<string, string>();
  const integerInput = (list: readonly number[]): string => {
    const text = list.join();
    let name = integers.get(text);
    if (name === undefined) {
      name = `I${integers.size}`;
      integers.set(text, name);
      const data = BigInt64Array.from(list, BigInt);
      writeTensor(writer, name, 'int64', [list.length], new Uint8Array(data.buffer));
    }
    return name;
  };
  for (const node of plan.nodes) writeNode(writer, node, integerInput);
  plan.leaves.forEach((leaf, i) => {
    const values = baked[i] ?? null;
    if (values === null) {
      writeValueInfo(writer, 11, nameOf(leaf), leaf);
      return;
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    writeTensor(writer, nameOf(leaf), leaf.dtype, leaf.shape, bytes);
  });
  for (const output of plan.outputs) writeValueInfo(writer, 12, nameOf(output), output);
}

function writeStop(writer: ProtoWriter): void {
  const name = `${STOP_OUTPUT}.source`;
  writeTensor(writer, name, 'float32', [1], new Uint8Array(4));
  writer.message(1, () => {
    writer.string(1, name);
    writer.string(2, STOP_OUTPUT);
    writer.string(4, 'Cast');
    writer.message(5, () => writeAttribute(writer, 'to', BFLOAT16));
  });
  writeValueInfo(writer, 12, STOP_OUTPUT, { shape: [1] }, BFLOAT16);
}

function writeNode(
  writer: ProtoWriter,
  node: Node,
  integerInput: (list: readonly number[]) => string,
): void {
  if (node.op === '@out') return;
  if (node.op === '@const') {
    const value = node.attributes?.['value'] as { f: number } | readonly number[];
    const bytes =
      'f' in value
        ? scalarBytes(value.f, node.dtype)
        : new Uint8Array(BigInt64Array.from(value, BigInt).buffer);
    writeTensor(writer, nameOf(node), node.dtype, node.shape, bytes);
    return;
  }
  if (node.op === 'Transpose' && writeMerged(writer, node, integerInput)) return;
  const extra = node.integers === null ? [] : node.integers.map(integerInput);
  writer.message(1, () => {
    for (const input of node.inputs) writer.string(1, nameOf(input));
    for (const name of extra) writer.string(1, name);
    const name = nameOf(node);
    writer.string(2, name);
    for (let i = 1; i < node.outputs; i++) writer.string(2, `${name}.${i}`);
    writer.string(3, operatorName(node));
    writer.string(4, node.op);
    if (node.attributes !== null) {
      for (const key in node.attributes) {
        writer.message(5, () => writeAttribute(writer, key, node.attributes?.[key] as Attribute));
      }
    }
    if (CONTRIB_OPS.has(node.op)) writer.string(7, 'com.microsoft');
  });
}

/**
 * A transpose that keeps some axes side by side, or moves axes of length 1, as one of fewer axes
 * between two reshapes, which cost nothing: only then has ONNX Runtime its fast ways.
 */
function writeMerged(
  writer: ProtoWriter,
  node: Node,
  integerInput: (list: readonly number[]) => string,
): boolean {
  const input = node.inputs[0] as Node;
  const merged = mergedTranspose(input.shape, node.attributes?.['perm'] as readonly number[]);
  if (merged.perm.length === node.shape.length) return false;
  const name = nameOf(node);
  const write = (
    op: string,
    from: readonly string[],
    to: string,
    perm?: readonly number[],
  ): void => {
    writer.message(1, () => {
      for (const source of from) writer.string(1, source);
      writer.string(2, to);
      writer.string(3, `${node.index}_${op}_${to}`);
      writer.string(4, op);
      if (perm !== undefined) writer.message(5, () => writeAttribute(writer, 'perm', perm));
    });
  };
  write('Reshape', [nameOf(input), integerInput(merged.shape)], `${name}.narrow`);
  write('Transpose', [`${name}.narrow`], `${name}.turned`, merged.perm);
  write('Reshape', [`${name}.turned`, integerInput(node.shape)], name);
  return true;
}

function writeAttribute(writer: ProtoWriter, name: string, value: Attribute): void {
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

function scalarBytes(value: number, dtype: ElementType): Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Uint8Array(Float32Array.of(value).buffer);
    case 'float64':
      return new Uint8Array(Float64Array.of(value).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.of(value).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
    case 'bool':
      return Uint8Array.of(value === 0 ? 0 : 1);
  }
}

function writeTensor(
  writer: ProtoWriter,
  name: string,
  dtype: ElementType,
  shape: readonly number[],
  bytes: Uint8Array,
): void {
  writer.message(5, () => {
    for (const dim of shape) writer.varint(1, dim);
    writer.varint(2, ELEMENT_CODE[dtype]);
    writer.string(8, name);
    writer.data(9, bytes);
  });
}

function writeValueInfo(
  writer: ProtoWriter,
  field: number,
  name: string,
  { shape, dtype = 'float32' }: { readonly shape: readonly number[]; readonly dtype?: ElementType },
  code = ELEMENT_CODE[dtype],
): void {
  writer.message(field, () => {
    writer.string(1, name);
    writer.message(2, () =>
      writer.message(1, () => {
        writer.varint(1, code);
        writer.message(2, () => {
          for (const dim of shape) writer.message(1, () => writer.varint(1, dim));
        });
      }),
    );
  });
}
