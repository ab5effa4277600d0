import type { Constants } from '../execution/program-cache';
import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { Values } from '../graph/types';
import { ELEMENT_CODE } from '../graph/types';
import { ProtoWriter } from '../onnx/proto-writer';
import type { ExternalPlace } from '../onnx/write';
import {
  CONTRIB_DOMAIN,
  GRAPH_INPUT,
  GRAPH_OUTPUT,
  IR_VERSION,
  OPSET,
  bytesOf,
  int64Bytes,
  scalarBytes,
  writeOperator,
  writeOpset,
  writeTensor,
  writeValueInfo,
} from '../onnx/write';

const BFLOAT16 = 16;
/** About the most bytes that an operator takes in a model. */
const BYTES_PER_OPERATOR = 256;

/** An output of a type that no JavaScript array can hold; see `runInto`. */
export const STOP_OUTPUT = 'stop';

/** The name of a node's value inside the model. */
export function nameOf(plan: Plan, node: Node): string {
  if (node.op === '@out') return partName(plan, node.inputs[0] as Node, indexOf(node));
  const place = plan.places.get(node) as number;
  return place < 0 ? `L${-1 - place}` : `N${place}`;
}

/** The name of an operator in the model, for messages and options of ONNX Runtime. */
export function operatorName(plan: Plan, node: Node): string {
  return `${plan.places.get(node) as number}_${node.op}`;
}

/** Operators with outputs that are required even if they are not used. */
const LEAST_OUTPUTS: Readonly<Record<string, number>> = { TopK: 2 };

/** For each operator with several outputs, the number of outputs up to the last used one. */
export function countOutputs({ nodes }: Plan): ReadonlyMap<Node, number> {
  const counts = new Map<Node, number>();
  for (const node of nodes) {
    const least = LEAST_OUTPUTS[node.op];
    if (least !== undefined) counts.set(node, least);
    if (node.op !== '@out') continue;
    const operator = node.inputs[0] as Node;
    counts.set(operator, Math.max(counts.get(operator) ?? 1, indexOf(node) + 1));
  }
  return counts;
}

const indexOf = (part: Node): number => part.attributes?.['index'] as number;
const partName = (plan: Plan, operator: Node, index: number): string =>
  `N${plan.places.get(operator) as number}.${index}`;

/** How a model is written. */
export interface EncodeOptions {
  /** Whether to add `STOP_OUTPUT` before the plan's outputs. Default false. */
  readonly stop?: boolean;
  /** Where the numbers of a constant are, if they are not in the model. Default: all are in it. */
  readonly placeOf?: (values: Values) => ExternalPlace | null;
}

/**
 * Writes the plan as an ONNX model. @param constants for each leaf, its values if it becomes a
 * constant of the model, else null.
 */
export function encodeModel(
  plan: Plan,
  constants: Constants,
  { stop = false, placeOf = () => null }: EncodeOptions = {},
): Uint8Array {
  const placed = constants.map((values) =>
    values === null ? null : { values, place: placeOf(values) },
  );
  // Enough for the weights, so that the buffer does not grow to twice their size.
  const inside = placed.filter((constant) => constant?.place === null);
  const capacity = inside.reduce((sum, each) => sum + each!.values.byteLength, 1 << 16);
  const writer = new ProtoWriter(capacity + plan.nodes.length * BYTES_PER_OPERATOR);
  writer.varint(1, IR_VERSION);
  writer.message(7, () => {
    writer.string(2, 'lazy');
    if (stop) writeStop(writer);
    writeGraph(writer, plan, placed);
  });
  writeOpset(writer, '', OPSET);
  writeOpset(writer, CONTRIB_DOMAIN, 1);
  return writer.finish();
}

interface Placed {
  readonly values: Values;
  readonly place: ExternalPlace | null;
}

function writeGraph(writer: ProtoWriter, plan: Plan, constants: readonly (Placed | null)[]): void {
  const lists = new Map<string, string>();
  /** The name of an input that is a list of integers. */
  const listed = (list: readonly number[]): string => {
    const text = list.join();
    let name = lists.get(text);
    if (name === undefined) {
      name = `I${lists.size}`;
      lists.set(text, name);
      writeTensor(writer, name, 'int64', [list.length], int64Bytes(list));
    }
    return name;
  };
  const outputs = countOutputs(plan);
  for (const node of plan.nodes) writeNode(writer, plan, node, outputs.get(node) ?? 1, listed);
  plan.leaves.forEach((leaf, i) => {
    const name = nameOf(plan, leaf);
    const constant = constants[i] ?? null;
    if (constant === null) {
      writeValueInfo(writer, GRAPH_INPUT, name, leaf.shape, ELEMENT_CODE[leaf.dtype]);
    } else {
      const { values, place } = constant;
      writeTensor(writer, name, leaf.dtype, leaf.shape, bytesOf(values), place);
    }
  });
  for (const output of plan.outputs) {
    const code = ELEMENT_CODE[output.dtype];
    writeValueInfo(writer, GRAPH_OUTPUT, nameOf(plan, output), output.shape, code);
  }
}

function writeNode(
  writer: ProtoWriter,
  plan: Plan,
  node: Node,
  outputs: number,
  listed: (list: readonly number[]) => string,
): void {
  if (node.op === '@out') return;
  const name = nameOf(plan, node);
  if (node.op === '@const') {
    const number = structuralNumber(node);
    const bytes =
      number === null
        ? int64Bytes(node.attributes?.['value'] as readonly number[])
        : scalarBytes(number, node.dtype);
    writeTensor(writer, name, node.dtype, node.shape, bytes);
    return;
  }
  const integers = node.integers?.map(listed) ?? [];
  const further = Array.from({ length: outputs - 1 }, (_, i) => partName(plan, node, i + 1));
  writeOperator(writer, {
    op: node.op,
    name: operatorName(plan, node),
    inputs: [...node.inputs.map((input) => nameOf(plan, input)), ...integers],
    outputs: [name, ...further],
    attributes: node.attributes,
  });
}

function writeStop(writer: ProtoWriter): void {
  const source = `${STOP_OUTPUT}.source`;
  writeTensor(writer, source, 'float32', [1], new Uint8Array(4));
  writeOperator(writer, {
    op: 'Cast',
    name: STOP_OUTPUT,
    inputs: [source],
    outputs: [STOP_OUTPUT],
    attributes: { to: BFLOAT16 },
  });
  writeValueInfo(writer, GRAPH_OUTPUT, STOP_OUTPUT, [1], BFLOAT16);
}
