import { Tensor } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from '../errors';
import { sameShape } from '../graph/types';

/** Nested arrays and plain objects of tensors, numbers, strings, booleans and null. */
export type Tree =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Tree[]
  | { readonly [key: string]: Tree };

/** A flattened tree: its tensors in order, and a text for everything else. */
export interface FlatTree {
  readonly tensors: readonly Tensor[];
  /** Equal for trees that differ only in the values of their tensors. */
  readonly signature: string;
}

/**
 * @throws OnnxBackendError `jit` for a value that a tree cannot hold; `where` is the name of the
 *   tree in the message.
 */
export function flatten(tree: unknown, where: string): FlatTree {
  const tensors: Tensor[] = [];
  let signature = '';
  const walk = (value: unknown): void => {
    if (isTensor(value)) {
      tensors.push(value);
      signature += `${value.dtype}[${value.shape.join()}]`;
    } else if (Array.isArray(value)) {
      signature += '(';
      for (const item of value) {
        walk(item);
        signature += ',';
      }
      signature += ')';
    } else if (isPlainObject(value)) {
      signature += '{';
      for (const key of Object.keys(value)) {
        signature += `${JSON.stringify(key)}:`;
        walk(value[key]);
        signature += ',';
      }
      signature += '}';
    } else if (typeof value === 'string') {
      signature += JSON.stringify(value);
    } else if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value)) {
      signature += Object.is(value, -0) ? '-0' : String(value);
    } else {
      throw notATree(value, where);
    }
  };
  walk(tree);
  return { tensors, signature };
}

/**
 * Whether a tree differs from a known one only in the values of its tensors, which are added to
 * `tensors` in order. It is {@link flatten} and a comparison of signatures without making the text.
 */
export type Match = (tree: unknown, tensors: Tensor[]) => boolean;

/** @param known a tree that {@link flatten} has accepted. */
export function matchOf(known: unknown): Match {
  if (isTensor(known)) {
    const { dtype, shape } = known;
    return (tree, tensors) =>
      isTensor(tree) &&
      tree.dtype === dtype &&
      sameShape(tree.shape, shape) &&
      tensors.push(tree) > 0;
  }
  if (Array.isArray(known)) {
    const items = known.map(matchOf);
    return (tree, tensors) =>
      Array.isArray(tree) &&
      tree.length === items.length &&
      items.every((match, i) => match(tree[i], tensors));
  }
  if (isPlainObject(known)) {
    const keys = Object.keys(known);
    const items = keys.map((key) => matchOf(known[key]));
    return (tree, tensors) => {
      if (!isPlainObject(tree)) return false;
      const own = Object.keys(tree);
      return (
        own.length === keys.length &&
        items.every((match, i) => own[i] === keys[i] && match(tree[own[i] as string], tensors))
      );
    };
  }
  return (tree) => Object.is(tree, known);
}

/** The same tree with its tensors replaced by those of `next`, in order. */
export function rebuild<T>(tree: T, next: () => Tensor): T {
  const build = (value: unknown): unknown => {
    if (isTensor(value)) return next();
    if (Array.isArray(value)) return value.map(build);
    if (!isPlainObject(value)) return value;
    // Twice as fast as from entries, for states of hundreds of tensors.
    const copy = { ...value };
    for (const key of Object.keys(copy)) copy[key] = build(copy[key]);
    return copy;
  };
  // Only tensors are replaced, each by a tensor.
  return build(tree) as T;
}

/** A function that returns the tensors one after another. */
export function nextOf(tensors: readonly Tensor[]): () => Tensor {
  let at = 0;
  return () => tensors[at++] as Tensor;
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function notATree(value: unknown, where: string): OnnxBackendError {
  // An object may have no constructor, or one with an arbitrary name.
  const made = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  const kind = typeof made === 'string' && typeof value === 'object' ? made : `a ${typeof value}`;
  return new OnnxBackendError(
    'jit',
    `jit: ${where} may hold tensors, numbers, strings, booleans and null, in arrays and plain ` +
      `objects; got ${kind}. Convert it to a tensor, or let the function close over it.`,
  );
}
