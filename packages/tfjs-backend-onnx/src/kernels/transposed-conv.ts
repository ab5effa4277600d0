import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Window } from './window';

/** The adjoint of a convolution. weights [in, out / group, kh, kw]; `shape` is the result's. */
export function transposedConv(
  b: KernelContext,
  x: Node,
  weights: Node,
  window: Window,
  shape: readonly number[],
  group: number,
): Node {
  const { strides, kernel, dilations, pads } = window;
  // Elements at the end of the input that the strides left out have a gradient of 0.
  const rest = [0, 1].map((i) => {
    const reach = ((x.shape[2 + i] as number) - 1) * (strides[i] as number);
    const span = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1;
    return (
      (shape[2 + i] as number) - (reach + span - (pads[i] as number) - (pads[2 + i] as number))
    );
  });
  return b.op('ConvTranspose', [x, weights], shape, 'float32', {
    ...window.attributes,
    pads: [
      pads[0],
      pads[1],
      pads[2] - Math.min(0, rest[0] as number),
      pads[3] - Math.min(0, rest[1] as number),
    ],
    output_padding: rest.map((value) => Math.max(0, value)),
    group,
  });
}
