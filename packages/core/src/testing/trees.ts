import {
  add,
  concat,
  expandDims,
  gather,
  mul,
  sub,
  tensor,
  tensor1d,
  tidy,
  Tensor,
} from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Params } from '../params';

/**
 * Applies `map` to each tensor of `value`: a tensor, or a record of tensors (features, text input,
 * parameters). Other entries are kept. All the casts that this needs are in this function.
 */
export function mapTensors<T extends object>(value: T, map: (part: Tensor) => Tensor): T {
  if (isTensor(value)) return map(value) as unknown as T;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      isTensor(part) ? map(part) : part,
    ]),
  ) as T;
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** The distinct tensors of a tree. */
export function tensorsOf(value: object): Tensor[] {
  const parts: unknown[] = isTensor(value) ? [value] : Object.values(value);
  return [...new Set(parts.filter(isTensor))];
}

/** Takes the given rows of every tensor of a tree. */
export function takeRows<T extends object>(value: T, rows: readonly number[]): T {
  return mapTensors(value, (part) => gather(part, tensor1d([...rows], 'int32')));
}

/** Concatenates two batches. */
export function joinRows<T extends object>(first: T, second: T): T {
  const later = tensorsOf(second);
  let at = 0;
  return mapTensors(first, (part) => concat([part, later[at++]!]));
}

/** Copies every tensor by its values, as saving and loading a checkpoint would. */
export function copyParams(params: Params): Params {
  return mapTensors(params, (part) => tensor(part.dataSync().slice(), part.shape, part.dtype));
}

/** tfjs's `tidy` for results whose type has no index signature. */
export function tidyTree<T extends object>(make: () => T): T {
  return tidy(() => make() as T & Record<string, Tensor>);
}

/** `values` [B, N, D] where the mask is 1, `others` where it is 0. */
export function withMasked(values: Tensor3D, mask: Tensor2D, others: Tensor3D): Tensor3D {
  const real = expandDims<Tensor3D>(mask, 2);
  return add(mul(values, real), mul(others, sub(1, real)));
}

/** The tensors of a tree that have gradients: float tensors other than `mask` and `present`. */
export function continuousParts(value: object): Record<string, Tensor> {
  const parts = isTensor(value) ? { input: value } : (value as Record<string, unknown>);
  return Object.fromEntries(
    Object.entries(parts).filter(
      (entry): entry is [string, Tensor] =>
        isTensor(entry[1]) && entry[1].dtype === 'float32' && !/(mask|present)$/.test(entry[0]),
    ),
  );
}

/** The tree with the tensors of {@link continuousParts} replaced by `parts`. */
export function withParts<T extends object>(value: T, parts: Readonly<Record<string, Tensor>>): T {
  return (isTensor(value) ? (parts['input'] ?? value) : { ...value, ...parts }) as T;
}
