import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { binary } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { pad } from './pad';
import { slice } from './slice';

/** `x` shifted along `axis` by `steps` (towards the front if negative), filled with ones. */
function shift(b: KernelContext, x: Node, axis: number, steps: number): Node {
  const paddings = x.shape.map((_, i) => {
    if (i !== axis) return [0, 0] as const;
    return steps > 0 ? ([steps, 0] as const) : ([0, -steps] as const);
  });
  const begin = x.shape.map((_, i) => (i === axis ? Math.max(0, -steps) : 0));
  return slice(b, pad(b, x, paddings, 1), begin, x.shape);
}

export const cumprodKernels = {
  /**
   * Computed by log₂(n) products of all elements with the elements 1, 2, 4 … places before them.
   */
  Cumprod: kernel<UnaryInput, { axis: number; exclusive: boolean; reverse: boolean }>(
    (b, { x }, { axis, exclusive, reverse }) => {
      const [along] = util.parseAxisParam(axis, x.shape) as [number];
      const direction = reverse ? -1 : 1;
      const node = b.node(x);
      let product = node.dtype === 'bool' ? b.cast(node, 'int32') : node;
      if (exclusive) product = shift(b, product, along, direction);
      for (let steps = 1; steps < (x.shape[along] as number); steps *= 2) {
        product = binary(b, 'Mul', product, shift(b, product, along, direction * steps));
      }
      return b.output(product);
    },
  ),
} satisfies Record<string, Kernel>;
