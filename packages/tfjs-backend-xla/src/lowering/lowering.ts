import type { Node } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import type { Emitter } from './emitter';
import type { Value } from './value';

/**
 * Writes an operator of the graph as StableHLO.
 * @param inputs the values of the operator's inputs, in order.
 * @returns its outputs.
 */
export type Lowering = (
  emitter: Emitter,
  node: Node,
  inputs: readonly Value[],
) => Value | readonly Value[];

/** One operand of an operator that has it. */
export function operand(inputs: readonly Value[], place: number): Value {
  return inputs[place] as Value;
}

/** A whole number among an operator's attributes. */
export function integer(node: Node, name: string, otherwise: number): number {
  const value = node.attributes?.[name];
  return typeof value === 'number' ? value : otherwise;
}

/** A float among an operator's attributes. */
export function float(node: Node, name: string, otherwise: number): number {
  const value = node.attributes?.[name];
  return typeof value === 'object' && 'f' in value ? value.f : otherwise;
}

/** A list of integers among an operator's attributes. */
export function list(node: Node, name: string): readonly number[] | undefined {
  const value = node.attributes?.[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** For a form of an operator that no kernel records. */
export function unknownForm({ op }: Node, what: string): XlaBackendError {
  return new XlaBackendError('unsupported-op', `${op} has no form in StableHLO here: ${what}.`, op);
}
