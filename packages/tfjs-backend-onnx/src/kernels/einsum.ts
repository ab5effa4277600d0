import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { transpose } from './channels';
import { binary } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { matMul } from './matmul';
import { reduce } from './reduction';

/** A value and the label of each of its axes. */
interface Labelled {
  readonly node: Node;
  readonly labels: readonly number[];
}

/** `x` with its axes in the given order. */
function arrange(b: KernelContext, { node, labels }: Labelled, order: readonly number[]): Node {
  return transpose(
    b,
    node,
    order.map((label) => labels.indexOf(label)),
  );
}

function sumOver(
  b: KernelContext,
  { node, labels }: Labelled,
  summed: (label: number) => boolean,
): Labelled {
  const axes = labels.flatMap((label, axis) => (summed(label) ? [axis] : []));
  return {
    node: reduce(b, 'ReduceSum', node, axes, false, 0),
    labels: labels.filter((label) => !summed(label)),
  };
}

/** The product of two values, summed over their common labels from `rank` on. */
function contract(b: KernelContext, left: Labelled, right: Labelled, rank: number): Labelled {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => label < rank);
  const inner = shared.filter((label) => label >= rank);
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const sizes = new Map<number, number>();
  for (const { node, labels: own } of [left, right]) {
    own.forEach((label, axis) => sizes.set(label, node.shape[axis] as number));
  }
  const dim = (label: number): number => sizes.get(label) as number;

  if (inner.length === 0 || rows.length + columns.length === 0) {
    const order = [...labels, ...inner];
    const aligned = (x: Labelled): Node => {
      const own = order.filter((label) => x.labels.includes(label));
      const shape = order.map((label) => (own.includes(label) ? dim(label) : 1));
      return b.reshape(arrange(b, x, own), shape);
    };
    const product = binary(b, 'Mul', aligned(left), aligned(right));
    return sumOver(b, { node: product, labels: order }, (label) => label >= rank);
  }

  const size = (some: readonly number[]): number =>
    some.reduce((product, label) => product * dim(label), 1);
  const leading = batch.length === 0 ? [] : [size(batch)];
  // As [batch, first, second], or with the last two axes swapped if that is the order in memory.
  const matrix = (
    x: Labelled,
    first: readonly number[],
    second: readonly number[],
  ): readonly [Node, boolean] => {
    const turned = [...batch, ...second, ...first].every((label, i) => x.labels[i] === label);
    const [high, low] = turned ? [second, first] : [first, second];
    const arranged = arrange(b, x, [...batch, ...high, ...low]);
    return [b.reshape(arranged, [...leading, size(high), size(low)]), turned];
  };
  const [a, transposeA] = matrix(left, rows, inner);
  const [c, transposeB] = matrix(right, inner, columns);
  const product = matMul(b, a, c, transposeA, transposeB);
  return { node: b.reshape(product, labels.map(dim)), labels };
}

export const einsumKernels = {
  /** Einstein sums, computed by matrix products where labels are contracted. */
  Einsum: kernel<readonly TensorInfo[], { equation: string }>((b, inputs, { equation }) => {
    const tensors = Object.values(inputs);
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(
      equation,
      tensors.length,
    );
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
    // The numbering of labels starts with those of the result, in its order.
    const rank = allDims.length - summedDims.length;
    const floats = tensors.some(({ dtype }) => dtype === 'float32');
    const operands = tensors.map((tensor, i): Labelled => {
      const node = b.cast(b.node(tensor), floats ? 'float32' : 'int32');
      const labels = idDims[i] as unknown as readonly number[];
      const others = idDims.flatMap((list, k) => (k === i ? [] : list));
      return sumOver(b, { node, labels }, (label) => label >= rank && !others.includes(label));
    });
    const [first, second] = operands as [Labelled, Labelled | undefined];
    const result = second === undefined ? first : contract(b, first, second, rank);
    const order = allDims.slice(0, rank).map((_, label) => label);
    return b.output(arrange(b, result, order));
  }),
} satisfies Record<string, Kernel>;
