import type {
  Batch,
  BatchSource,
  Features,
  Key,
  Optimizer,
  Params,
  PooledFeatures,
} from '@crossweave/core';
import type { AverageOptions } from './averaged';
import type { BalanceOptions } from './balance/branch-guard';
import type { Modulation } from './balance/modulation';
import type { FrozenOptions } from './frozen-at';
import type { Objective } from './gradients';
import type { RunLogger, TrainRecord } from './records';
import type { RunStore } from './run-store';
import type { NonFinitePolicy } from './stability/non-finite';
import type { SpikeOptions } from './stability/spikes';
import type { TrainState } from './state';
import type { BestOptions } from './best';
import type { TeacherOptions } from './teacher/options';

export interface StepOptions<Image, Text, F extends PooledFeatures = Features>
  extends Objective<Image, Text, F>, FrozenOptions {
  readonly optimizer: Optimizer;
  /** Encoders compute their layers again in the backward pass, to hold less. Default false. */
  readonly recompute?: boolean;
  /**
   * A second model for losses that learn from one (`outputs.teacher`): a momentum twin, or a trained
   * model. Default: none.
   */
  readonly teacher?: TeacherOptions<Image, Text, F>;
  /** Averages of the parameters, which are evaluated in their place ({@link usableParams}). Default: none. */
  readonly average?: AverageOptions;
  /**
   * The figures of each branch in each step's record, and warnings about branches that learn at very
   * different paces. Default: both, with the defaults of the options; false: neither.
   */
  readonly balance?: BalanceOptions | false;
  /** Changes gradients before the optimizer sees them ({@link normalizeBranches}, {@link ogmGE}). Default: none. */
  readonly modulate?: Modulation;
}

export interface TrainOptions<Image, Text, F extends PooledFeatures = Features> extends StepOptions<
  Image,
  Text,
  F
> {
  readonly data: BatchSource<Batch<Image, Text>>;
  /**
   * Whether whole steps are compiled into graphs of the engine, which saves the JavaScript of every
   * operation: `auto` where the engine compiles (`onnx`, `xla:cpu`) and the step can be compiled (a
   * warning says once why not), `never`, or `always`, which refuses what cannot be compiled. The numbers
   * are the same either way. Default `auto`.
   */
  readonly compile?: 'auto' | 'always' | 'never';
  /**
   * Whether a compiled step begins before the figures of the last are read, on an engine that computes
   * while JavaScript goes on (`xla:*`): batches go to the device during a step, and it need not wait for
   * JavaScript. The numbers are the same: a step that turns out not to follow, as after one that is not
   * finite, is made again. It holds one more state and one more batch; where the device has no memory for
   * them, training goes on without. Not with `accumulate` and `chunk`. Default true.
   */
  readonly ahead?: boolean;
  /** Steps in all, the ones before `start` included. */
  readonly steps: number;
  /** Initial parameters, dropout and augmentation derive from it: same key, same run. */
  readonly key: Key;
  /**
   * Parameters to begin with in place of drawn ones, by path (a checkpoint's); stay the caller's.
   * Whole parts of the model: of a part (the first word of the paths) it has all or nothing. Adapters
   * of `withLora` may be missing. Not read where there is a `start`, which has its own. Default none.
   */
  readonly initial?: Params;
  /**
   * Parameters that `initial` may lack though it has others of their part, as `pathPattern` of
   * `@crossweave/core` reads them; they are drawn. Default none.
   */
  readonly ignoreMissing?: readonly string[];
  /**
   * Where to go on from; it must fit as {@link checkState} says, and stays the caller's. Default:
   * fresh parameters, step 0.
   */
  readonly start?: TrainState;
  /**
   * Where the run is kept: training goes on from its newest state, and its records and states go
   * there, besides what `log` and `checkpoint` get. Takes the place of `start`. Default: nowhere.
   */
  readonly run?: RunStore;
  /**
   * Train a `run` further than it was planned. From then on everything is as in a run of `steps`
   * steps, its schedule too: what was done before is not repeated, and where the schedules of the old
   * number and the new one differ (a cosine had come down to 0) the rates leap to the new one's.
   * {@link warmupStableDecay} before its fall, {@link inverseSquareRoot} and {@link warmupConstant} do
   * not differ. Default false.
   */
  readonly extend?: boolean;
  /**
   * B in a step is the size of n batches, whose gradients are averaged; the memory is that of one.
   * `steps` counts updates. Losses that contrast see one batch at a time: for them use `chunk`. Default 1.
   */
  readonly accumulate?: number;
  /**
   * Batches are encoded in chunks of so many pairs, with the exact gradients of the whole batch and
   * the memory of a chunk, for one more forward pass (GradCache, Gao et al. 2021, arXiv 2101.06983). For
   * losses of embeddings over a fusion that has `embed`. Batch norm sees a chunk at a time, and dropout is
   * that of the chunk. Default: batches in one piece.
   */
  readonly chunk?: number;
  /**
   * What to do when loss or gradients are NaN or infinite: `'stop'` throws
   * {@link DivergenceError}, `'skip'` leaves the batch out and goes on; a policy leaves it out, and can
   * halve the rates and stop after several in a row. Default `'stop'`.
   */
  readonly onNonFinite?: 'stop' | 'skip' | NonFinitePolicy;
  /** Go back to an earlier state when the loss leaps. Default: the loss is not watched. */
  readonly spikes?: SpikeOptions;
  /**
   * Gets every record. What it throws ends training; an async one is waited for at the end, and what it
   * fails with is thrown before the next record.
   */
  readonly log?: (record: TrainRecord) => unknown;
  /** Get every record too; stay the caller's to close. Default none. */
  readonly loggers?: readonly RunLogger[];
  /**
   * Called every `evaluateEvery` steps and at the end, with the parameters to use in the place of the
   * trained ones ({@link usableParams}); what it returns is logged. Long ones end when
   * the signal comes, by any error: training then ends as after a step.
   */
  readonly evaluate?: (
    state: TrainState,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, number>>>;
  /** Default: at the end only. */
  readonly evaluateEvery?: number;
  /** The metric of `evaluate` that says which state is the best, and when to stop. Default: none. */
  readonly best?: BestOptions;
  /**
   * Called every `checkpointEvery`, for each best state, at the end, and before training stops for any
   * reason, an error of data, hooks or model among them.
   */
  readonly checkpoint?: (state: TrainState) => Promise<void>;
  /** Steps, or steps and minutes of which the first counts. Default: at the end only. */
  readonly checkpointEvery?: number | { readonly steps?: number; readonly minutes?: number };
  /**
   * Ends training after the step under way, with the state saved; a batch or an evaluation that is
   * under way is not waited for. It is heard once a step, whatever the engine.
   */
  readonly signal?: AbortSignal;
}

/**
 * The final state, and how training ended. The caller disposes it: `using state = await train(…)`, or
 * `disposeState(state)`.
 */
export interface TrainResult extends TrainState, Disposable {
  /** True when the signal ended training before the last step. */
  readonly interrupted: boolean;
  /** True when `best.patience` ended it. */
  readonly stoppedEarly: boolean;
  /** Batches left out because they were not finite. */
  readonly skipped: number;
}
