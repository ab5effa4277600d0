import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';

/** A kernel as the table holds it: what tfjs-core hands over is typed by each kernel itself. */
export type Kernel = (
  backend: KernelContext,
  inputs: never,
  attributes: never,
) => TensorInfo | TensorInfo[];

/** Gives a kernel its own types for inputs and attributes while the table sees `Kernel`. */
export function kernel<Inputs, Attributes = Record<string, never>>(
  run: (
    backend: KernelContext,
    inputs: Inputs,
    attributes: Attributes,
  ) => TensorInfo | TensorInfo[],
): Kernel {
  return run;
}

export interface UnaryInput {
  readonly x: TensorInfo;
}

export interface BinaryInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}
