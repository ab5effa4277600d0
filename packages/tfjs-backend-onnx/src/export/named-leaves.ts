import { exportError } from './errors';

/** A leaf of a tree of arrays and plain objects, with its path. */
export interface NamedLeaf<Leaf> {
  /** Keys and indices joined by dots; empty if the tree is a leaf. */
  readonly path: string;
  readonly leaf: Leaf;
}

/**
 * The leaves of a tree in the order of their keys.
 * @throws OnnxBackendError `export` for a value that is not a leaf, an array or a plain object.
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

/** The same tree with `f(leaf)` in place of each leaf. Throws as `namedLeaves`. */
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
        'Let the function close over values that are not tensors.',
    );
  };
  return walk(tree, '');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
