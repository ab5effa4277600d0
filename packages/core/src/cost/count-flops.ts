import { engine, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { kernelFlops } from './kernel-flops';

/** Floating-point operations of a run. */
export interface FlopCount {
  readonly total: number;
  /**
   * Operations by tfjs kernel name (`BatchMatMul`, `Conv2D`, `Softmax`…), without kernels that only
   * move data.
   */
  readonly kernels: Readonly<Record<string, number>>;
}

/**
 * Counts the floating-point operations of all kernels that `run` calls, in forward and backward
 * passes, from their shapes ({@link kernelFlops}). The count is the same on every engine, and `run`
 * may be any code. The tensors that `run` makes are disposed.
 */
export function countFlops(run: () => unknown): FlopCount {
  const kernels: Record<string, number> = {};
  const restore = onKernel((name, inputs, attrs, outputs) => {
    const flops = kernelFlops({ name, inputs, attrs, outputs });
    if (flops > 0) kernels[name] = (kernels[name] ?? 0) + flops;
  });
  try {
    tidy(() => void run());
  } finally {
    restore();
  }
  return { total: Object.values(kernels).reduce((sum, flops) => sum + flops, 0), kernels };
}

type Shapes = readonly number[];
type Listener = (
  name: string,
  inputs: Readonly<Record<string, Shapes>>,
  attrs: Readonly<Record<string, unknown>>,
  outputs: readonly Shapes[],
) => void;

/**
 * Calls `listen` after every kernel, by wrapping the method of tfjs's engine through which all
 * kernel calls pass. `tf.profile` reports no attributes, and would make lazy engines compute each
 * kernel separately.
 */
function onKernel(listen: Listener): () => void {
  const gate = engine();
  const before = Object.getOwnPropertyDescriptor(gate, 'runKernel');
  const run = gate.runKernel.bind(gate);
  gate.runKernel = <T extends Tensor | Tensor[]>(...call: Parameters<typeof run>): T => {
    const made = run<T>(...call);
    const [name, inputs, attrs] = call;
    // An absent optional input (a bias) is undefined.
    const given: Readonly<Record<string, Tensor | null | undefined>> = inputs;
    const shapes = Object.entries(given).flatMap(([input, value]) =>
      value === undefined || value === null ? [] : [[input, value.shape] as const],
    );
    const outputs: readonly Tensor[] = Array.isArray(made) ? made : [made];
    listen(
      name,
      Object.fromEntries(shapes),
      { ...attrs },
      outputs.map(({ shape }) => shape),
    );
    return made;
  };
  return () => {
    if (before === undefined) Reflect.deleteProperty(gate, 'runKernel');
    else Object.defineProperty(gate, 'runKernel', before);
  };
}
