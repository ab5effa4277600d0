import {
  add,
  matMul,
  reshape,
  scalar,
  stack,
  sub,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';
import { squaredNorm } from '../optimizers/clip';
import type { BranchFigures } from '../records';

/** The first word of a path: `image` of `image.conv1.weight`. */
export function branchOf(path: string): string {
  return path.split('.', 1)[0]!;
}

/** The branches of a tree in the order of their first paths. */
export function branchesOf(tree: Params): string[] {
  return [...new Set(Object.keys(tree).map(branchOf))];
}

/** Sums of the squares of each gradient; made before the update, whose clip then reads the same. */
export function gradientSquares(gradients: Params): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(
    Object.entries(gradients).map(([path, value]) => [path, squaredNorm(value)]),
  );
}

/**
 * [branches, 4] sums of squares of gradient, weights and change, and −⟨gradient, change⟩. It is part
 * of the step's graph; sums of squares of gradients are those the clip needs anyway, and each other
 * one is a single pass, a product of a row with itself.
 */
export function branchSums(
  gradients: Params,
  squares: Readonly<Record<string, Scalar>>,
  before: Params,
  after: Params,
): Tensor2D {
  const rows = branchesOf(gradients).map((branch) => {
    const sums = { gradient: scalar(0), weights: scalar(0), change: scalar(0), fall: scalar(0) };
    for (const path of Object.keys(gradients).sort()) {
      if (branchOf(path) !== branch) continue;
      const [gradient, old] = [gradients[path]!, parameter(before, path)];
      const change = sub(parameter(after, path), old);
      sums.gradient = add(sums.gradient, squares[path]!);
      sums.weights = add(sums.weights, dot(old, old));
      sums.change = add(sums.change, dot(change, change));
      sums.fall = sub(sums.fall, dot(gradient, change));
    }
    return stack([sums.gradient, sums.weights, sums.change, sums.fall]);
  });
  return stack(rows) as Tensor2D;
}

function dot(a: Tensor, b: Tensor): Scalar {
  const row = (x: Tensor): Tensor2D => reshape(x, [1, x.size]);
  return reshape(matMul(row(a), row(b), false, true), []);
}

/** The figures of the rows that {@link branchSums} gives. */
export function branchFigures(
  branches: readonly string[],
  sums: ArrayLike<number>,
): Record<string, BranchFigures> {
  const at = (row: number, column: number): number => sums[4 * row + column]!;
  const fall = branches.reduce((all, _, row) => all + at(row, 3), 0);
  return Object.fromEntries(
    branches.map((branch, row) => {
      const [gradient, weights, change] = [0, 1, 2].map((column) => Math.sqrt(at(row, column)));
      const figures = {
        gradientNorm: gradient!,
        updateRatio: ratio(change!, weights!),
        effectiveRate: ratio(change!, gradient!),
        share: ratio(at(row, 3), fall),
      };
      return [branch, figures];
    }),
  );
}

/** 0 where nothing is divided by nothing. */
function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
