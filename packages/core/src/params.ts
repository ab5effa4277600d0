import { dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { StateDictError } from './errors';

/**
 * A model's parameters and buffers: a flat tree keyed by state-dict path
 * (`encoder.layer.0.attention.self.query.weight`), in PyTorch's layout. Sub-trees are
 * prefixes that end in a dot. The owner of a tree disposes it; functions over
 * trees never dispose what they are given.
 */
export type Params = Readonly<Record<string, Tensor>>;

/** The tensor at `path`, or a {@link StateDictError} that names the nearest paths. */
export function parameter<T extends Tensor = Tensor>(params: Params, path: string): T {
  const found = params[path];
  if (found === undefined) {
    const parent = path.slice(0, path.lastIndexOf('.') + 1);
    const siblings = Object.keys(params).filter((other) => other.startsWith(parent));
    throw new StateDictError(`there is no parameter "${path}"`, {
      where: 'parameter',
      expected: `one of ${(siblings.length > 0 ? siblings : Object.keys(params)).slice(0, 5).join(', ')}`,
      advice:
        'Load a checkpoint of the same architecture, or initialise the module with init(key).',
    });
  }
  // The rank is the caller's knowledge: a flat tree cannot carry it.
  return found as T;
}

/** The entries below `prefix`, without the prefix. `prefix` ends in a dot, or is empty. */
export function subtree(params: Params, prefix: string): Params {
  const out: Record<string, Tensor> = {};
  for (const [path, value] of Object.entries(params)) {
    if (path.startsWith(prefix)) out[path.slice(prefix.length)] = value;
  }
  return out;
}

/** The same tree one level down: every path gets the prefix. */
export function withPrefix(prefix: string, params: Params): Params {
  const out: Record<string, Tensor> = {};
  for (const [path, value] of Object.entries(params)) out[prefix + path] = value;
  return out;
}

/** One tree of several; two trees that share a path are a {@link StateDictError}. */
export function mergeParams(...trees: readonly Params[]): Params {
  const out: Record<string, Tensor> = {};
  for (const tree of trees) {
    for (const [path, value] of Object.entries(tree)) {
      if (path in out) {
        throw new StateDictError(`two modules claim "${path}"`, { where: 'mergeParams' });
      }
      out[path] = value;
    }
  }
  return out;
}

/** A tree of the same paths with each tensor mapped. */
export function mapParams(params: Params, map: (value: Tensor, path: string) => Tensor): Params {
  const out: Record<string, Tensor> = {};
  for (const [path, value] of Object.entries(params)) out[path] = map(value, path);
  return out;
}

/** Two trees: the paths that satisfy `predicate`, and the rest. */
export function partition(
  params: Params,
  predicate: (path: string, value: Tensor) => boolean,
): [matching: Params, rest: Params] {
  const matching: Record<string, Tensor> = {};
  const rest: Record<string, Tensor> = {};
  for (const [path, value] of Object.entries(params)) {
    (predicate(path, value) ? matching : rest)[path] = value;
  }
  return [matching, rest];
}

const bufferLeaves = new Set([
  'running_mean',
  'running_var',
  'num_batches_tracked',
  'position_ids',
]);

/**
 * Whether a path is a buffer: saved with the model, never trained by gradient, and no parameter in
 * counts. Buffers are those of PyTorch's own names (`running_mean`, `running_var`,
 * `num_batches_tracked`, `position_ids`) and every path whose last segment begins with `buffer_`,
 * by which a part declares buffers of its own.
 */
export function isBuffer(path: string): boolean {
  const leaf = path.slice(path.lastIndexOf('.') + 1);
  return leaf.startsWith('buffer_') || bufferLeaves.has(leaf);
}

/** How many numbers a tree's trainable entries hold (buffers are not counted). */
export function countParameters(params: Params): number {
  let count = 0;
  for (const [path, value] of Object.entries(params)) if (!isBuffer(path)) count += value.size;
  return count;
}

/** Protects every tensor of the tree from the enclosing `tidy`, and returns the tree. */
export function keepParams<P extends Params>(params: P): P {
  for (const value of Object.values(params)) keep(value);
  return params;
}

export function disposeParams(params: Params): void {
  dispose(Object.values(params));
}
