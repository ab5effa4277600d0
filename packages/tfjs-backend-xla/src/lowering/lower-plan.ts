import type { Constants, Node, Plan } from '@crossweave/tfjs-backend-onnx/graph';
import { structuralNumber } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import { findDonors } from './donors';
import { Emitter } from './emitter';
import type { Lowering } from './lowering';
import { integer } from './lowering';
import type { Precisions } from './precision';
import { LOWERINGS } from './table';
import type { Value } from './value';
import { typeOf } from './value';

/** A plan as a StableHLO module. */
export interface Module {
  readonly text: string;
  /** The leaves that are its arguments, by place in the plan. */
  readonly inputs: readonly number[];
  /** By argument, whether the module may write a result over it. */
  readonly isDonor: readonly boolean[];
  /**
   * Why a run may turn out to be wrong. If there is any reason, the module has one result more, one
   * int32: 0, or 1 + the place of the reason that applies.
   */
  readonly refusals: readonly string[];
}

/** What a module is made for. */
export interface Target {
  /** Devices that run it together; all results are whole on each of them. Default 1. */
  readonly devices?: number;
  /** By leaf, whether each device gets an equal part of its list. Default: none. */
  readonly isSplit?: readonly boolean[];
  /** The numbers that products and convolutions take. Default float32 both. */
  readonly precisions?: Precisions;
  /**
   * Whether arguments and results have the shapes of their nodes, for devices whose memory holds
   * elements in that order; otherwise they are lists. XLA computes a new state over the old one only
   * where no reshape stands between. Default false.
   */
  readonly isShaped?: boolean;
  /** Whether a slice may take every n-th element, which XLA's compiler for GPUs does not. Default true. */
  readonly hasStrides?: boolean;
}

/**
 * Writes a plan as a StableHLO module. Memory has no shape, and a plugin would not check one: only
 * the number of its elements counts.
 * @param constants for each leaf, the values that become a constant of the module, or null.
 * @throws XlaBackendError `unsupported-op` for an operator that no kernel records.
 */
export function lowerPlan(
  plan: Plan,
  constants: Constants,
  { devices = 1, isSplit = [], precisions, isShaped = false, hasStrides = true }: Target = {},
): Module {
  const emitter = new Emitter('%', precisions, hasStrides);
  const values = new Map<Node, readonly Value[]>();
  const inputs: number[] = [];
  const parameters: Pick<Value, 'name' | 'shape' | 'dtype'>[] = [];
  plan.leaves.forEach((leaf, i) => {
    const { shape, dtype, size } = leaf;
    const known = constants[i] ?? null;
    if (known !== null) {
      values.set(leaf, [emitter.dense(known, shape, dtype)]);
      return;
    }
    const given = {
      name: `%arg${inputs.length}`,
      shape: isShaped && isEven(shape, isSplit[i] === true ? devices : 1) ? shape : [size],
      dtype,
      isConstant: false,
    };
    parameters.push(given);
    inputs.push(i);
    values.set(leaf, [emitter.reshape(given, shape)]);
  });
  for (const node of plan.nodes) values.set(node, lower(emitter, node, values));

  const results = plan.outputs.map((output) => {
    const [value] = values.get(output) as readonly [Value];
    return emitter.reshape(value, isShaped ? output.shape : [output.size]);
  });
  const { messages, found } = emitter.refusal();
  const returned = found === null ? results : [...results, emitter.reshape(found, [1])];
  // A result is whole on each device: it does not fit into the memory of a part.
  const mayDonate = (leaf: number): boolean => isSplit[leaf] !== true;
  const donors = findDonors(plan, inputs, { mayDonate, isShaped });
  const types = returned.map(typeOf);
  const head = parameters.map((parameter, i) => {
    const output = donors.get(i);
    const alias = output === undefined ? [] : [`tf.aliasing_output = ${output} : i32`];
    const split = isSplit[inputs[i] as number] === true;
    const given = attributes([...alias, ...sharding(devices, parameter, split)]);
    return `${parameter.name}: ${typeOf(parameter)}${given}`;
  });
  const gives = returned.map(
    (result) => typeOf(result) + attributes(sharding(devices, result, false)),
  );
  const text = [
    'module @step {',
    ...(devices === 1 ? [] : [`sdy.mesh @devices = <["batch"=${devices}]>`]),
    `func.func public @main(${head.join(', ')}) -> (${gives.join(', ')}) {`,
    ...emitter.lines,
    `"func.return"(${returned.map(({ name }) => name).join(', ')}) : (${types.join(', ')}) -> ()`,
    '}',
    '}',
    '',
  ].join('\n');
  return { text, inputs, isDonor: inputs.map((_, i) => donors.has(i)), refusals: messages };
}

/** ` {a, b}`, or nothing. */
const attributes = (list: readonly string[]): string =>
  list.length === 0 ? '' : ` {${list.join(', ')}}`;

/** Whether equal parts of the rows are equal parts of the list. */
const isEven = ([rows]: readonly number[], parts: number): boolean =>
  parts === 1 || (rows !== undefined && rows % parts === 0);

/** How Shardy is told where a tensor is, its rows split or not. On one device there is nothing to tell. */
function sharding(
  devices: number,
  { shape }: Pick<Value, 'shape'>,
  isSplit: boolean,
): readonly string[] {
  if (devices === 1) return [];
  const axes = shape.map((_, axis) => (isSplit && axis === 0 ? '{"batch"}' : '{}'));
  return [`sdy.sharding = #sdy.sharding<@devices, [${axes.join(', ')}]>`];
}

function lower(
  emitter: Emitter,
  node: Node,
  values: ReadonlyMap<Node, readonly Value[]>,
): readonly Value[] {
  const outputsOf = (input: Node | undefined): readonly Value[] =>
    (input === undefined ? undefined : values.get(input)) ?? [];
  if (node.op === '@const') return [constant(emitter, node)];
  if (node.op === '@out') {
    return [outputsOf(node.inputs[0])[integer(node, 'index', 0)] as Value];
  }
  const lowering = (LOWERINGS as Readonly<Record<string, Lowering | undefined>>)[node.op];
  if (lowering === undefined) {
    const known = Object.keys(LOWERINGS).sort().join(', ');
    throw new XlaBackendError(
      'unsupported-op',
      `The operator ${node.op} has no lowering to StableHLO; those that have are ${known}.`,
      node.op,
    );
  }
  const written = lowering(
    emitter,
    node,
    node.inputs.map((input) => outputsOf(input)[0] as Value),
  );
  return Array.isArray(written) ? (written as readonly Value[]) : [written as Value];
}

/** A number, or a list of integers, of the structure. */
function constant(emitter: Emitter, node: Node): Value {
  const number = structuralNumber(node);
  if (number !== null) return emitter.fill(number, node.shape, node.dtype);
  const list = node.attributes?.['value'] as readonly number[];
  return emitter.convert(emitter.dense(Int32Array.from(list), node.shape, 'int32'), node.dtype);
}
