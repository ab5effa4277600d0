import type { Values } from '../graph/types';
import { ELEMENT_CODE, sizeOf } from '../graph/types';
import type { Aligned } from './align';
import { fillOf, shapeOf } from './align';
import { exportError } from './errors';
import type { OnnxGraph } from './onnx-graph';
import type { SizeArithmetic } from './size-arithmetic';
import { scalarBytes } from '../graph/model';

/**
 * Writes an array the function made from JavaScript values. One whose size is dynamic can be
 * written if all its elements are equal or count up in equal steps.
 * @param op whose input it is, for errors.
 */
export function writeConstant(
  graph: OnnxGraph,
  sizes: SizeArithmetic,
  nodes: Aligned,
  op: string,
): string {
  const [first] = nodes as readonly [Aligned[number]];
  const arrays = nodes.map((node) => node.values);
  const [values] = arrays;
  if (values !== null && values !== undefined && arrays.every((other) => equal(other, values))) {
    return graph.initialiser(graph.fresh('constant'), first.dtype, first.shape, bytesOf(values));
  }
  const shape = shapeOf(nodes);
  const fill = fillOf(first);
  if (fill !== null && nodes.every((node) => fillOf(node) === fill)) {
    const value = graph.initialiser(
      graph.fresh('constant'),
      first.dtype,
      [],
      scalarBytes(fill, first.dtype),
    );
    return graph.add('Expand', [value, sizes.list(shape, 'Expand')]);
  }
  if (sizeOf(first.shape) === 1 && nodes.every((node) => node.values?.length === 1)) {
    const number = sizes.scalar(
      arrays.map((array) => array?.[0] as number),
      first.dtype,
      op,
    );
    return graph.add('Reshape', [number, graph.integers(first.shape)]);
  }
  const steps = arrays.map((array) => (array === null ? null : stepsOf(array)));
  const [counting] = steps;
  if (
    counting === null ||
    counting === undefined ||
    !steps.every((other) => same(other, counting))
  ) {
    throw unlike(nodes, op);
  }
  const count = sizes.scalar(
    nodes.map((node) => node.values?.length ?? 0),
    'int64',
    op,
  );
  const range = graph.add('Range', [graph.integers([0], true), count, graph.integers([1], true)]);
  const number = (value: number): string =>
    graph.initialiser(graph.fresh('constant'), first.dtype, [], scalarBytes(value, first.dtype));
  const typed = graph.add('Cast', [range], { to: ELEMENT_CODE[first.dtype] });
  const scaled = graph.add('Mul', [typed, number(counting.step)]);
  const list = graph.add('Add', [scaled, number(counting.start)]);
  return graph.add('Reshape', [list, sizes.reshapeTo([], shape)]);
}

export const bytesOf = (values: Values): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

interface Steps {
  readonly start: number;
  readonly step: number;
}

/** What `values` counts up from and by, if it does. */
function stepsOf(values: Values): Steps | null {
  if (values instanceof Uint8Array || values.length < 2) return null;
  const [start, second] = values as unknown as readonly [number, number];
  const step = second - start;
  return values.every((value, i) => value === start + i * step) ? { start, step } : null;
}

const same = (a: Steps | null, b: Steps): boolean => a?.start === b.start && a.step === b.step;

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
    `${op} takes ${what}. Only arrays of one value, or that count up in equal steps, can be ` +
      'written for every size: pass others as an input, give that size as a number, or make the ' +
      'array of a fixed size outside of the function.',
    op,
  );
}
