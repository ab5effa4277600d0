import type {
  Batch,
  BatchSource,
  Features,
  Key,
  Optimizer,
  Params,
  PooledFeatures,
} from '@crossweave/core';
import type { Objective } from './gradients';
import type { TrainState } from './state';
import type { TeacherOptions } from './teacher/options';

export interface StepOptions<Image, Text, F extends PooledFeatures = Features> extends Objective<
  Image,
  Text,
  F
> {
  readonly optimizer: Optimizer;
  /** Parameters (and their buffers) that stay as they are. Default: none. */
  readonly frozen?: (path: string) => boolean;
  /** Encoders compute their layers again in the backward pass, to hold less. Default false. */
  readonly recompute?: boolean;
  /**
   * A second model for losses that learn from one (`outputs.teacher`): a momentum twin, or a trained
   * model. Default: none.
   */
  readonly teacher?: TeacherOptions<Image, Text, F>;
}

export interface TrainOptions<Image, Text, F extends PooledFeatures = Features> extends StepOptions<
  Image,
  Text,
  F
> {
  readonly data: BatchSource<Batch<Image, Text>>;
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
   * What to do when loss or gradients are NaN or infinite: `'stop'` throws
   * {@link DivergenceError}, `'skip'` leaves the batch out and goes on. Default `'stop'`.
   */
  readonly onNonFinite?: 'stop' | 'skip';
  readonly log?: (record: TrainRecord) => void;
  /**
   * Called every `evaluateEvery` steps and at the end; what it returns is logged. Long ones end when
   * the signal comes, by any error: training then ends as after a step.
   */
  readonly evaluate?: (
    state: TrainState,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, number>>>;
  /** Default: at the end only. */
  readonly evaluateEvery?: number;
  /**
   * Called every `checkpointEvery` steps, at the end, and before training stops for any reason, an
   * error of data, hooks or model among them.
   */
  readonly checkpoint?: (state: TrainState) => Promise<void>;
  /** Default: at the end only. */
  readonly checkpointEvery?: number;
  /**
   * Ends training after the step under way, with the state saved; a batch or an evaluation that is
   * under way is not waited for. It is heard once a step, whatever the engine.
   */
  readonly signal?: AbortSignal;
}

/** What {@link TrainOptions.log} receives. `step` counts steps done, so the first is 1. */
export type TrainRecord =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      readonly loss: number;
      readonly terms: Readonly<Record<string, number>>;
      /** Before clipping. */
      readonly gradientNorm: number;
      readonly learningRates: Readonly<Record<string, number>>;
      /** The step's wall-clock time, and of it the wait for the batch. */
      readonly seconds: number;
      readonly dataSeconds: number;
    }
  | {
      readonly kind: 'skipped';
      readonly step: number;
      readonly epoch: number;
      readonly ids: readonly string[];
      /** The first tensor that was not finite. */
      readonly tensor: string;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      /** The run cannot learn anything as it is; logged once, after the step it is about. */
      readonly kind: 'warning';
      readonly step: number;
      readonly epoch: number;
      /** What was seen, and what follows from it. */
      readonly message: string;
      /** What the reader can do. */
      readonly advice: string;
    };

/** The final state, the caller's to dispose, and how training ended. */
export interface TrainResult extends TrainState {
  /** True when the signal ended training before the last step. */
  readonly interrupted: boolean;
  /** Batches left out because they were not finite. */
  readonly skipped: number;
}
