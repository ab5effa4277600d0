import { addN, div, maximum, mul, sqrt, type Scalar } from '@tensorflow/tfjs-core';
import { mapParams, type Params } from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { squaredNorm } from '../optimizers/clip';
import { branchOf, branchesOf } from './branch-norms';
import type { Modulation } from './modulation';

export interface NormalizeBranchesOptions {
  /** 2-norm of each branch's gradient afterwards, > 0. Default 1. */
  readonly length?: number;
}

/**
 * Gives the gradient of each branch (all parameters under one first word) the same length, so that a
 * clip of all gradients together takes from none of them what another has too much of. The direction
 * within a branch stays; a gradient of zero stays zero. For `modulate` of {@link train}.
 *
 * @throws ConfigError for a wrong option.
 */
export function normalizeBranches(options: NormalizeBranchesOptions = {}): Modulation {
  const { length } = readOptions(
    'normalizeBranches',
    options,
    { length: 1 },
    { length: number({ above: 0 }) },
  );
  const modulate: Modulation = (gradients) => {
    const factors = new Map(
      branchesOf(gradients).map((branch) => [branch, div(length, lengthOf(branch, gradients))]),
    );
    return mapParams(gradients, (value, path) => mul(value, factors.get(branchOf(path))!));
  };
  return Object.assign(modulate, { readsStep: false });
}

function lengthOf(branch: string, gradients: Params): Scalar {
  // Sorted, so that the sum's bits do not depend on the order of the tree.
  const own = Object.keys(gradients)
    .filter((path) => branchOf(path) === branch)
    .sort();
  // The square of the least length is a float32 that is not zero.
  return maximum(sqrt(addN(own.map((path) => squaredNorm(gradients[path]!)))), 1e-18);
}
