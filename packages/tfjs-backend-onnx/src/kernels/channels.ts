import type { KernelContext } from './context';
import type { Node } from '../graph/node';

/*
 * tfjs stores images as [B, H, W, C], ONNX convolutions need [B, C, H, W]. A kernel that computes
 * on channels-first data ends with a transpose of this file. Elementwise kernels and reductions
 * after such a transpose compute on its input and add the transpose to their result. So the
 * transpose moves through the network until it cancels with the transpose before the next
 * convolution.
 */

/** Compared by identity, so that a user's transpose is not mistaken for one of these. */
const CHANNELS_LAST: readonly number[] = [0, 2, 3, 1];
const CHANNELS_FIRST: readonly number[] = [0, 3, 1, 2];

export function transpose(backend: KernelContext, x: Node, perm: readonly number[]): Node {
  if (perm.every((axis, i) => axis === i)) return x;
  const inner = x.op === 'Transpose' ? x.inputs[0] : undefined;
  if (inner !== undefined) {
    const first = x.attributes?.['perm'] as readonly number[];
    return transpose(
      backend,
      inner,
      perm.map((axis) => first[axis] as number),
    );
  }
  const shape = perm.map((axis) => x.shape[axis] as number);
  // Moving only dimensions of size 1 is a reshape, which costs nothing.
  const moving = perm.filter((axis) => x.shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > (moving[i - 1] as number))) {
    return backend.reshape(x, shape);
  }
  return backend.op('Transpose', [x], shape, x.dtype, { perm });
}

/** [B, C, H, W] to [B, H, W, C]; it costs nothing if a channels-first kernel follows. */
export function channelsLast(backend: KernelContext, x: Node): Node {
  return transpose(backend, x, CHANNELS_LAST);
}

/** [B, H, W, C], or a shape that broadcasts against it, to [B, C, H, W]. */
export function channelsFirst(backend: KernelContext, x: Node): Node {
  const shape = [...new Array<number>(4 - x.shape.length).fill(1), ...x.shape];
  if (x.op === 'Expand') {
    const turned = CHANNELS_FIRST.map((axis) => shape[axis] as number);
    const narrow = channelsFirst(backend, x.inputs[0] as Node);
    return backend.op('Expand', [narrow], turned, x.dtype, null, [turned]);
  }
  return transpose(backend, backend.reshape(x, shape), CHANNELS_FIRST);
}

/** The channels-first input of a transpose of `channelsLast`, or null. */
export function below(x: Node): Node | null {
  if (x.op !== 'Transpose') return null;
  return x.attributes?.['perm'] === CHANNELS_LAST ? (x.inputs[0] as Node) : null;
}

/**
 * Runs an elementwise formula on channels-first data if an operand is a transpose of
 * `channelsLast`.
 */
export function sinking(
  backend: KernelContext,
  operands: readonly Node[],
  formula: (...operands: Node[]) => Node,
): Node {
  if (!operands.some((x) => below(x) !== null) || operands.some((x) => x.shape.length > 4)) {
    return formula(...operands);
  }
  return channelsLast(backend, formula(...operands.map((x) => channelsFirst(backend, x))));
}

/**
 * The index of each axis of [B, H, W, C] in the channels-first data; null if the dimensions that
 * remain after reducing `axes` would be in a different order.
 */
export function reducedBelow(axes: readonly number[], keepDims: boolean): readonly number[] | null {
  const left = [0, 1, 2, 3].filter((axis) => !axes.includes(axis));
  const places = left.map((axis) => CHANNELS_LAST[axis] as number);
  const ordered = places.every((place, i) => i === 0 || place > (places[i - 1] as number));
  return keepDims || ordered ? axes.map((axis) => CHANNELS_LAST[axis] as number) : null;
}
