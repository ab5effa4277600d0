import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError } from './errors';

/** A dimension: a letter that stands for a size (`'B'`), an exact size, or `'*'` for any size. */
export type Dimension = string | number;

/** The letters of a check. */
type Letter<Dims extends readonly Dimension[]> = Exclude<Extract<Dims[number], string>, '*'>;

/**
 * Checks tensors against shapes with letters and returns the size of each letter. A letter must
 * have the same size everywhere in one call.
 *
 * ```ts
 * const { B, D } = checkShapes('dualEncoder.fuse', {
 *   'image.pooled': [image.pooled, ['B', 'D']],
 *   'text.pooled': [text.pooled, ['B', 'D']],
 * });
 * ```
 *
 * @throws ShapeError with the tensor's name, the expected shape and the actual shape, also for
 *   what is no tensor and for a tensor that was disposed.
 */
export function checkShapes<const Dims extends readonly Dimension[]>(
  where: string,
  tensors: Readonly<Record<string, readonly [Tensor, Dims]>>,
): Record<Letter<Dims>, number> {
  const bound = new Map<string, { size: number; by: string }>();
  for (const [name, [value, dimensions]] of Object.entries(tensors)) {
    requireLive(where, name, value);
    if (value.rank !== dimensions.length) {
      throw new ShapeError(`${name} has ${value.rank} dimensions`, {
        where,
        expected: showShape(dimensions),
        got: showShape(value.shape),
      });
    }
    dimensions.forEach((dimension, axis) => {
      const size = value.shape[axis] as number;
      if (dimension === '*') return;
      const earlier = typeof dimension === 'string' ? bound.get(dimension) : undefined;
      const wanted = typeof dimension === 'number' ? dimension : earlier?.size;
      if (wanted !== undefined && wanted !== size) {
        const reason = earlier === undefined ? '' : ` (${dimension} is ${wanted} in ${earlier.by})`;
        throw new ShapeError(`${name} does not fit${reason}`, {
          where,
          expected: showShape(dimensions),
          got: showShape(value.shape),
        });
      }
      if (typeof dimension === 'string' && earlier === undefined) {
        bound.set(dimension, { size, by: name });
      }
    });
  }
  return Object.fromEntries([...bound].map(([letter, { size }]) => [letter, size])) as Record<
    Letter<Dims>,
    number
  >;
}

/** An operation would only say that it cannot read a property of undefined. */
function requireLive(where: string, name: string, value: unknown): void {
  const { shape, isDisposed } = (value ?? {}) as Partial<Tensor>;
  if (shape !== undefined && isDisposed !== true) return;
  const given = value === undefined ? 'nothing' : typeof value;
  throw new ShapeError(`${name} is not there`, {
    where,
    expected: 'a tensor',
    got: shape === undefined ? given : 'a tensor that was disposed',
  });
}

export function showShape(shape: readonly Dimension[]): string {
  return `[${shape.join(', ')}]`;
}
