import { dispose, type Scalar } from '@tensorflow/tfjs-core';
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
  try {
    const reads = scalars.map(async (scalar) => (await scalar.data())[0]!);
    const [[loss, norm, ...rest], sums] = await Promise.all([
      Promise.all(reads),
      branches?.sums.data(),
    ]);
    return {
      total: loss!,
      gradientNorm: norm!,
      terms: Object.fromEntries(names.map((name, i) => [name, rest[i]!])),
      ...(branches && sums && { branches: branchFigures(branches.names, sums) }),
    };
  } finally {
    disposeFigures({ total, gradientNorm, terms, branches });
  }
}

/** Disposes the figures of a step that are not read. */
export function disposeFigures({
  total,
  gradientNorm,
  terms,
  branches,
}: Pick<StepOutcome, 'total' | 'gradientNorm' | 'terms' | 'branches'>): void {
  dispose([total, gradientNorm, ...Object.values(terms)]);
  branches?.sums.dispose();
}

/** What a step is left out for. */
export type Flaw = 'loss or gradients' | `parameters of ${string} after the update`;

/** Undefined where a step may be kept: its loss, its gradients and the parameters it made are numbers. */
export function flawOf({ total, gradientNorm, branches = {} }: StepFigures): Flaw | undefined {
  if (!Number.isFinite(total) || !Number.isFinite(gradientNorm)) return 'loss or gradients';
  const wrong = Object.keys(branches).find((name) => !Number.isFinite(branches[name]!.updateRatio));
  return wrong === undefined ? undefined : `parameters of ${wrong} after the update`;
}
