import { Tensor } from '@tensorflow/tfjs-core';
import type { Checks } from '../checks';
import { checkOptions, oneOf } from '../checks';
import type { ValueInfo } from './onnx-graph';
import type { Samples } from './dimension';
import { OnnxBackendError } from '../errors';
import { exportError } from './errors';
import { mapLeaves, namedLeaves } from './named-leaves';

/** The description of an input. Sizes that may vary are names; equal names mean equal sizes. */
export interface TensorSpec {
  readonly shape: readonly (number | string)[];
  /** Default `float32`. */
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** The allowed keys; `describeInputs` checks shapes and types. */
const SPEC: Checks<TensorSpec> = {
  shape: { expected: 'a list', accepts: Array.isArray },
  dtype: oneOf(['float32', 'int32', 'bool']),
};

/** The inputs of a function, each as a tensor or a description. */
export type InputsOf<Inputs> = {
  readonly [Key in keyof Inputs]: Inputs[Key] extends Tensor
    ? Inputs[Key] | TensorSpec
    : InputsOf<Inputs[Key]>;
};

/**
 * Which sizes of inputs that are given as tensors may vary: a name for the first size of each
 * tensor, null for none, or names by path and axis: `{ image: { 0: 'images' }, text: { 0: 'texts' }
 * }`.
 */
export type Dynamic = string | null | Readonly<Record<string, Readonly<Record<number, string>>>>;

/** An input of the exported graph. */
export interface GraphInput extends ValueInfo {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly (number | string)[];
  /** Path of the input in the function's argument. */
  readonly path: string;
  /** The file takes it as int64. Default: as its `dtype`. */
  readonly int64?: true;
}

/** @throws OnnxBackendError `options` for a path that is not an input of int32. */
export function withInt64(inputs: readonly GraphInput[], paths: readonly string[]): GraphInput[] {
  const wrong = paths.find(
    (path) => !inputs.some((input) => input.path === path && input.dtype === 'int32'),
  );
  if (wrong !== undefined) {
    throw new OnnxBackendError('options', `int64 names '${wrong}', which is no input of int32.`);
  }
  return inputs.map((input) => (paths.includes(input.path) ? { ...input, int64: true } : input));
}

/** @throws OnnxBackendError `export` for inputs without names, and for invalid shapes. */
export function describeInputs(
  inputs: unknown,
  dynamic: Dynamic,
  names: Readonly<Record<string, string>>,
): GraphInput[] {
  const leaves = namedLeaves(inputs, isInput, 'the inputs');
  if (leaves.length === 0 || leaves[0]?.path === '') {
    throw exportError('the inputs must be an object of tensors, whose keys are their names.');
  }
  if (dynamic !== null && typeof dynamic === 'object') {
    refuseUnknown(dynamic, leaves, 'dynamic');
  }
  refuseUnknown(names, leaves, 'names.inputs');
  return leaves.map(({ path, leaf }) => {
    if (!(leaf instanceof Tensor)) checkOptions(`exportOnnx: input '${path}'`, leaf, SPEC);
    const shape = leaf instanceof Tensor ? shapeOf(leaf, path, dynamic) : leaf.shape;
    const dtype = leaf.dtype ?? 'float32';
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw exportError(`input '${path}' is of type ${dtype}; expected float32, int32 or bool.`);
    }
    for (const size of shape) {
      if (typeof size === 'string' ? size !== '' : Number.isInteger(size) && size > 0) continue;
      throw exportError(
        `input '${path}' has the shape [${shape.join()}]; expected whole numbers above 0, and ` +
          'names for the sizes that vary.',
      );
    }
    return { path, name: names[path] ?? path, shape, dtype };
  });
}

/** The distinct names of the dynamic sizes. */
export function dynamicNames(inputs: readonly GraphInput[]): string[] {
  return [
    ...new Set(inputs.flatMap(({ shape }) => shape.filter((size) => typeof size === 'string'))),
  ];
}

/** The shapes of the inputs in a trace. */
export function shapesIn(
  inputs: readonly GraphInput[],
  samples: Samples,
  trace: number,
): { shape: number[]; dtype: GraphInput['dtype'] }[] {
  const sizes = samples.sizes[trace] as readonly number[];
  return inputs.map(({ shape, dtype }) => ({
    dtype,
    shape: shape.map((size) =>
      typeof size === 'string' ? (sizes[samples.names.indexOf(size)] as number) : size,
    ),
  }));
}

/** The tree of inputs with the given tensors as leaves. */
export function withTensors(inputs: unknown, tensors: readonly Tensor[]): unknown {
  let at = 0;
  return mapLeaves(inputs, isInput, 'the inputs', () => tensors[at++]);
}

function isInput(value: unknown): value is Tensor | TensorSpec {
  if (value instanceof Tensor) return true;
  if (typeof value !== 'object' || value === null || !('shape' in value)) return false;
  return Array.isArray(value.shape);
}

function shapeOf({ shape }: Tensor, path: string, dynamic: Dynamic): (number | string)[] {
  if (dynamic === null) return [...shape];
  const names = typeof dynamic === 'string' ? { 0: dynamic } : (dynamic[path] ?? {});
  if (typeof dynamic === 'object') {
    for (const axis of Object.keys(names)) {
      if (Number(axis) < shape.length) continue;
      throw exportError(`dynamic: input '${path}' of rank ${shape.length} has no axis ${axis}.`);
    }
  }
  return shape.map((size, axis) => names[axis] ?? size);
}

function refuseUnknown(
  named: object,
  leaves: readonly { readonly path: string }[],
  option: string,
): void {
  for (const path of Object.keys(named)) {
    if (leaves.some((leaf) => leaf.path === path)) continue;
    throw exportError(
      `${option} names '${path}'; there are ${leaves.map((leaf) => `'${leaf.path}'`).join(', ')}.`,
    );
  }
}
