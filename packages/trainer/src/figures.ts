import type { Scalar } from '@tensorflow/tfjs-core';
import { branchFigures } from './balance/branch-norms';
import type { BranchFigures } from './records';
import type { StepOutcome } from './step';

/** A step's scalars as numbers. */
export interface StepFigures {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly branches?: Readonly<Record<string, BranchFigures>>;
}

/**
 * Reads a step's scalars together and disposes them; the first read makes a lazy engine compute the
 * step.
 */
export async function figuresOf({
  total,
  gradientNorm,
  terms,
  branches,
}: StepOutcome): Promise<StepFigures> {
  const names = Object.keys(terms);
  const scalars: Scalar[] = [total, gradientNorm, ...Object.values(terms)];
  const values = await Promise.all(scalars.map(async (scalar) => (await scalar.data())[0]!));
  const sums = await branches?.sums.data();
  for (const scalar of scalars) scalar.dispose();
  branches?.sums.dispose();
  const [loss, norm, ...rest] = values;
  return {
    total: loss!,
    gradientNorm: norm!,
    terms: Object.fromEntries(names.map((name, i) => [name, rest[i]!])),
    ...(branches && sums && { branches: branchFigures(branches.names, sums) }),
  };
}

/** Whether a step may be kept: its loss, its gradients and the parameters it made are numbers. */
export function isFinite({ total, gradientNorm, branches = {} }: StepFigures): boolean {
  return [total, gradientNorm, ...Object.values(branches).map((each) => each.updateRatio)].every(
    Number.isFinite,
  );
}
