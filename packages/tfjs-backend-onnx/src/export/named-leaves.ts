import { exportError } from './errors';

/** A leaf of a tree of arrays and plain objects, and the keys that lead to it. */
export interface NamedLeaf<Leaf> {
  /** Keys and places joined by dots; empty for a tree that is a leaf itself. */
  readonly path: string;
  readonly leaf: Leaf;
}

/**
 * The leaves in the order of their keys.
 * @throws OnnxBackendError `export` for anything that is neither leaf, array nor plain object.
 */
export function namedLeaves<Leaf>(
  tree: unknown,
  isLeaf: (value: unknown) => value is Leaf,
  where: string,
): NamedLeaf<Leaf>[] {
  const found: NamedLeaf<Leaf>[] = [];
  mapLeaves(tree, isLeaf, where, (leaf, path) => {
    found.push({ path, leaf });
  });
  return found;
}

/** The same tree with `f(leaf)` in place of each leaf; throws as `namedLeaves` does. */
export function mapLeaves<Leaf>(
  tree: unknown,
  isLeaf: (value: unknown) => value is Leaf,
  where: string,
  f: (leaf: Leaf, path: string) => unknown,
): unknown {
  const walk = (value: unknown, path: string): unknown => {
    const below = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
    if (isLeaf(value)) return f(value, path);
    if (Array.isArray(value)) return value.map((item, i) => walk(item, below(i)));
    if (isPlainObject(value)) {
      const entries = Object.entries(value);
      return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, below(key))]));
    }
    throw exportError(
      `${where} must be tensors in arrays and plain objects; got ` +
        `${value === null ? 'null' : typeof value} at '${path}'. ` +
        'Let the function close over what is not a tensor.',
    );
  };
  return walk(tree, '');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
