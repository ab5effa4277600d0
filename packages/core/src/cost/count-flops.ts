import { engine, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { kernelFlops } from './kernel-flops';

/** Floating-point operations of a run. */
export interface FlopCount {
  readonly total: number;
  /** By tfjs's kernel names (`BatchMatMul`, `Conv2D`, `Softmax`…); kernels that only move data are left out. */
  readonly kernels: Readonly<Record<string, number>>;
}

/**
 * Counts the operations of the kernels that `run` calls, forward and backward alike, by their
 * shapes ({@link kernelFlops}): so the same on every engine, and of code nobody described. What
 * `run` makes is disposed.
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
 * Calls `listen` after every kernel. tfjs's own profile would make lazy engines compute each one
 * by itself, and does not tell attributes; its one gate for all kernels does.
 */
function onKernel(listen: Listener): () => void {
  const gate = engine();
  const before = Object.getOwnPropertyDescriptor(gate, 'runKernel');
  const run = gate.runKernel.bind(gate);
  gate.runKernel = <T extends Tensor | Tensor[]>(...call: Parameters<typeof run>): T => {
    const made = run<T>(...call);
    const [name, inputs, attrs] = call;
    // Optional inputs (a bias) are given as undefined.
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
