import { add, dispose, mul, zerosLike, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, mapParams, type Params } from '@crossweave/core';

/** The loss of one batch. */
export interface BatchLoss {
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
}

/** What is gathered of the batches of a step. */
export interface Gathered {
  /** Sums over the batches by path, of the parameters on which a loss depends. */
  readonly gradients: Params;
  /** New values of buffers, of the latest batch or chunk. */
  readonly recorded: Params;
  readonly losses: readonly BatchLoss[];
}

export const nothingGathered: Gathered = { gradients: {}, recorded: {}, losses: [] };

/** The sums for a part that adds to them and consumes them: zeros where nothing was gathered. */
export function startingSums(gradients: Params, trainable: Params): Params {
  return mapParams(trainable, (value, path): Tensor => gradients[path] ?? zerosLike(value));
}

/** Sums with the gradients of one more batch, within a `tidy`; paths without a gradient are left out. */
export function addedTo(sums: Params, gradients: Params): Params {
  return mapParams(gradients, (value, path): Tensor => add(sums[path]!, value));
}

/** Means over the batches, within a `tidy`: of a term over the batches that have it. */
export function meanOf({ gradients, losses }: Pick<Gathered, 'gradients' | 'losses'>): {
  readonly gradients: Params;
} & BatchLoss {
  const mean = (list: readonly Scalar[]): Scalar =>
    mul(
      list.reduce((sum, each) => add(sum, each)),
      1 / list.length,
    );
  const names = [...new Set(losses.flatMap(({ terms }) => Object.keys(terms)))];
  const share = 1 / losses.length;
  return {
    gradients: mapParams(gradients, (value): Tensor => (share === 1 ? value : mul(value, share))),
    total: mean(losses.map(({ total }) => total)),
    terms: Object.fromEntries(
      names.map((name) => [name, mean(losses.flatMap(({ terms }) => terms[name] ?? []))]),
    ),
  };
}

/** What was gathered with one more batch, whose gradients have the sums in them. */
export function withBatch(before: Gathered, later: Gathered): Gathered {
  for (const path of Object.keys(later.recorded)) before.recorded[path]?.dispose();
  return {
    gradients: later.gradients,
    recorded: { ...before.recorded, ...later.recorded },
    losses: [...before.losses, ...later.losses],
  };
}

export function disposeGathered({ gradients, recorded, losses }: Gathered): void {
  [gradients, recorded].forEach(disposeParams);
  losses.forEach(({ total, terms }) => dispose([total, ...Object.values(terms)]));
}

/**
 * Waits until an engine has computed tensors. A lazy engine computes all that is pending when it is
 * read, so what comes later is another graph.
 */
export async function computed(tensors: readonly Tensor[]): Promise<void> {
  const [first, ...rest] = tensors;
  if (first === undefined) return;
  await rest.reduce((least, each) => (each.size < least.size ? each : least), first).data();
}
