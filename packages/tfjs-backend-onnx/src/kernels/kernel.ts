import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';

/** A kernel as in the table. Each kernel declares the types of its inputs and attributes. */
export type Kernel = (
  backend: KernelContext,
  inputs: never,
  attributes: never,
) => TensorInfo | TensorInfo[];

/** Declares a kernel with its own types of inputs and attributes, as a `Kernel` of the table. */
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
