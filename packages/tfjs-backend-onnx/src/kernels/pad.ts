import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { expand } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

export function pad(
  backend: KernelContext,
  x: Node,
  paddings: readonly (readonly [number, number])[],
  value: number,
): Node {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((dim, i) => dim + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  if (sizeOf(x.shape) === 0) return expand(backend, backend.scalar(value, x.dtype), shape);
  const bounds = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const fill = value === 0 ? [] : [backend.scalar(value, x.dtype)];
  const inputs = [x, backend.integers(bounds), ...fill];
  return backend.op('Pad', inputs, shape, x.dtype, { mode: 'constant' });
}

export const padKernels = {
  PadV2: kernel<UnaryInput, { paddings: [number, number][]; constantValue: number }>(
    (b, { x }, { paddings, constantValue }) => {
      const node = b.node(x);
      const result =
        node.dtype === 'bool'
          ? b.cast(pad(b, b.cast(node, 'int32'), paddings, constantValue), 'bool')
          : pad(b, node, paddings, constantValue);
      return b.output(result);
    },
  ),
  MirrorPad: kernel<UnaryInput, { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>(
    (b, { x }, { paddings, mode }) => {
      let node = b.node(x);
      // Along each padded axis the result gathers elements; the two modes differ only at the edge.
      paddings.forEach(([before, after], axis) => {
        if (before === 0 && after === 0) return;
        const length = node.shape[axis] as number;
        const edge = mode === 'reflect' ? 0 : 1;
        const picks = Int32Array.from({ length: before + length + after }, (_, i) => {
          const at = i - before;
          return at < 0 ? -at - edge : at < length ? at : 2 * length - 2 - at + edge;
        });
        const shape = node.shape.map((dim, i) => (i === axis ? picks.length : dim));
        const indices = b.constant(picks, [picks.length], 'int32');
        node = b.op('Gather', [node, indices], shape, node.dtype, { axis });
      });
      return b.output(node);
    },
  ),
} satisfies Record<string, Kernel>;
