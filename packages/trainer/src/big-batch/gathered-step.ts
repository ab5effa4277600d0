import { add, dispose, mul, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  foldIn,
  mergeParams,
  subtree,
  withPrefix,
  type Batch,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { lossAndGradients, type Gradients } from '../gradients';
import type { StepOptions } from '../options';
import { partitionTrainable } from '../partition';
import type { TrainState } from '../state';
import { applyGradients, trainingContext, type StepOutcome } from '../step';
import { chunkedGradients, summed } from './chunked-gradients';

/**
 * A step over several batches, or over one in chunks: gradients are gathered batch by batch, and the
 * last batch brings the update. What is gathered is read after each batch, so that a lazy engine holds
 * one at a time.
 */
export interface GatheredStep<Image, Text> {
  /** The gradients of one more batch; true unless loss or gradients are not finite. */
  add(state: TrainState, batch: Batch<Image, Text>, key: Key): Promise<boolean>;
  /** The step of what was gathered, which is then gone. */
  finish(state: TrainState): StepOutcome;
  /** Batches so far. */
  readonly count: number;
  /** Lets go of what was gathered. */
  discard(): void;
}

export function gatheredStep<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F> & { readonly chunk?: number },
): GatheredStep<Image, Text> {
  let gathered: Gradients | undefined;
  let count = 0;
  const discard = (): void => {
    if (gathered !== undefined) disposeGradients(gathered);
    gathered = undefined;
    count = 0;
  };
  return {
    get count() {
      return count;
    },
    discard,
    async add(state, batch, key) {
      const [trainable, fixed] = partitionTrainable(options, state.params, state.step);
      const ctx = trainingContext(options, count === 0 ? key : foldIn(key, count), state.step);
      // Running statistics go from batch to batch.
      const current = { ...fixed, ...gathered?.recorded };
      const { model, loss, chunk } = options;
      const objective = { model, loss };
      const next =
        chunk === undefined
          ? whole(() => lossAndGradients(objective, trainable, current, batch, ctx))
          : await chunkedGradients({ ...objective, trainable, fixed: current, batch, ctx, chunk });
      const before = gathered;
      gathered = before === undefined ? next : joined(before, next);
      count++;
      const [total] = await gathered.total.data();
      return Number.isFinite(total);
    },
    finish(state) {
      const { total, terms, gradients, recorded } = gathered!;
      const share = 1 / count;
      const outcome = tidy(() => {
        const mean = <T extends Tensor>(x: T): T => (count === 1 ? x.clone() : mul<T>(x, share));
        const each = (tree: Params): Params =>
          Object.fromEntries(Object.entries(tree).map(([path, x]) => [path, mean(x)]));
        const means = { gradients: each(gradients), terms: each(terms) as Record<string, Scalar> };
        const kept = Object.fromEntries(
          Object.entries(recorded).map(([path, value]) => [path, value.clone()]),
        );
        const applied = applyGradients(options, state, { ...means, recorded: kept });
        return { ...applied, total: mean(total), terms: means.terms } as never;
      }) as StepOutcome;
      discard();
      return outcome;
    },
  };
}

/** tfjs's `tidy` for gradients: terms and statistics are held anyway. */
function whole(make: () => Gradients): Gradients {
  let found: Pick<Gradients, 'terms' | 'recorded'> = { terms: {}, recorded: {} };
  const kept = tidy(() => {
    const { total, terms, gradients, recorded } = make();
    found = { terms, recorded };
    return { ...gradients, ' total': total };
  });
  const { ' total': total, ...gradients } = kept;
  return { ...found, total: total, gradients };
}

/** Sums of both, whose tensors are then gone; statistics are those of the later. */
function joined(a: Gradients, b: Gradients): Gradients {
  const sums = tidy(() =>
    mergeParams(
      { total: add(a.total, b.total) },
      withPrefix('term ', summed(a.terms, b.terms)),
      withPrefix('of ', summed(a.gradients, b.gradients)),
    ),
  ) as Record<string, Tensor>;
  const recorded = { ...a.recorded, ...b.recorded };
  const old = Object.keys(b.recorded).flatMap((path) => a.recorded[path] ?? []);
  dispose([a.total, b.total, ...old]);
  for (const tree of [a.terms, b.terms, a.gradients, b.gradients]) dispose(Object.values(tree));
  return {
    total: sums['total'] as Scalar,
    terms: subtree(sums, 'term ') as Record<string, Scalar>,
    gradients: subtree(sums, 'of '),
    recorded,
  };
}

function disposeGradients({ total, terms, gradients, recorded }: Gradients): void {
  total.dispose();
  [terms, gradients, recorded].forEach(disposeParams);
}
