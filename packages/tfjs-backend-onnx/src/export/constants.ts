import type { ElementType, Values } from '../graph/types';
import { ELEMENT_CODE, sizeOf } from '../graph/types';
import { bytesOf, scalarBytes } from '../onnx/write';
import type { Aligned, Arrays } from './align';
import { fillOf, shapeOf } from './align';
import type { Dimension } from './dimension';
import { isFixed } from './dimension';
import { exportError } from './errors';
import type { OnnxGraph } from './onnx-graph';
import type { SizeArithmetic } from './size-arithmetic';

/**
 * Writes an array that the function made from JavaScript values. An array of dynamic size can be
 * written if all its elements are equal or increase by equal steps. @param op the operator whose
 * input the array is, for errors.
 */
export function writeConstant(
  graph: OnnxGraph,
  sizes: SizeArithmetic,
  nodes: Aligned,
  known: Arrays,
  op: string,
): string {
  const [first] = nodes as readonly [Aligned[number]];
  const arrays = nodes.map((node) => known.get(node) ?? null);
  const [values] = arrays;
  if (values !== null && values !== undefined && arrays.every((other) => equal(other, values))) {
    return graph.initialiser(graph.fresh('constant'), first.dtype, first.shape, bytesOf(values));
  }
  const shape = shapeOf(nodes);
  const fill = fillOf(first, known);
  if (fill !== null && nodes.every((node) => fillOf(node, known) === fill)) {
    const value = writeNumber(graph, fill, first.dtype);
    return graph.add('Expand', [value, sizes.list(shape, 'Expand')]);
  }
  if (sizeOf(first.shape) === 1 && arrays.every((array) => array?.length === 1)) {
    const number = sizes.scalar(
      arrays.map((array) => array?.[0] as number),
      first.dtype,
      op,
    );
    return graph.add('Reshape', [number, graph.integers(first.shape)]);
  }
  const steps = arrays.map((array) => (array === null ? null : stepsOf(array)));
  if (!steps.every((found) => found !== null)) throw unlike(nodes, op);
  const number = (values: Dimension): string =>
    isFixed(values)
      ? writeNumber(graph, values[0] as number, first.dtype)
      : sizes.scalar(values, first.dtype, op);
  const length = arrays.map((array) => array?.length ?? 0);
  const count = sizes.scalar(length, 'int64', op);
  const range = graph.add('Range', [graph.integers([0], true), count, graph.integers([1], true)]);
  const typed = graph.add('Cast', [range], { to: ELEMENT_CODE[first.dtype] });
  const scaled = graph.add('Mul', [typed, number(steps.map(({ step }) => step))]);
  const list = graph.add('Add', [scaled, number(steps.map(({ start }) => start))]);
  return graph.add('Reshape', [list, sizes.reshapeTo([], shape)]);
}

function writeNumber(graph: OnnxGraph, value: number, dtype: ElementType): string {
  return graph.initialiser(graph.fresh('constant'), dtype, [], scalarBytes(value, dtype));
}

interface Steps {
  readonly start: number;
  readonly step: number;
}

/** The first value and the step if `values` increase by equal steps, else null. */
function stepsOf(values: Values): Steps | null {
  if (values instanceof Uint8Array || values.length < 2) return null;
  const [start, second] = values as unknown as readonly [number, number];
  const step = second - start;
  return values.every((value, i) => value === start + i * step) ? { start, step } : null;
}

function equal(a: Values | null, b: Values): boolean {
  return a?.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

function unlike(nodes: Aligned, op: string): Error {
  const [first] = nodes as readonly [Aligned[number]];
  const last = nodes.at(-1) as Aligned[number];
  const what =
    first.shape.join() === last.shape.join()
      ? `an array of shape [${first.shape.join()}] that is not the same in each call`
      : `an array whose size depends on a dynamic one: [${first.shape.join()}] here, ` +
        `[${last.shape.join()}] there`;
  return exportError(
    `${op} takes ${what}. Only arrays whose elements are equal or increase by equal steps can be ` +
      'written for every size: pass any other array as an input, give that size as a number, or make the ' +
      'array of a fixed size outside of the function.',
    op,
  );
}
