import {
  addN,
  mul,
  neg,
  square,
  stack,
  sub,
  sum,
  type Scalar,
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
 * of the step's graph: seven operations a parameter, since the sums of squares of the gradients are
 * those that the clip needs anyway.
 */
export function branchSums(
  gradients: Params,
  squares: Readonly<Record<string, Scalar>>,
  before: Params,
  after: Params,
): Tensor2D {
  const paths = Object.keys(gradients).sort();
  const rows = branchesOf(gradients).map((branch) => {
    const own = paths.filter((path) => branchOf(path) === branch);
    const changes = own.map((path) => sub(parameter(after, path), parameter(before, path)));
    return stack([
      addN(own.map((path) => squares[path]!)),
      addN(own.map((path) => sum<Scalar>(square(parameter(before, path))))),
      addN(changes.map((change) => sum<Scalar>(square(change)))),
      neg(addN(changes.map((change, i) => sum<Scalar>(mul(gradients[own[i]!]!, change))))),
    ]);
  });
  return stack(rows) as Tensor2D;
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
