/** How one branch of the model learned in one step. A branch is the first word of the paths. */
export interface BranchFigures {
  /** 2-norm of the branch's gradient as the loss gave it. */
  readonly gradientNorm: number;
  /** ‖change‖ / ‖weights‖: 1e-3 is usual, above 1e-2 a branch is written over. */
  readonly updateRatio: number;
  /** ‖change‖ / ‖gradient‖: how far a gradient of length 1 moved the branch, all rates and clips included. */
  readonly effectiveRate: number;
  /**
   * The branch's share of −⟨gradient, change⟩ over all branches: of the fall of the loss that this step
   * is expected to bring. The shares add up to 1; a branch that climbs has a negative one.
   */
  readonly share: number;
}

export interface StepRecord {
  readonly kind: 'step';
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Global norm of the gradients that the optimizer got, before clipping. */
  readonly gradientNorm: number;
  /** As they were used, the factor of {@link NonFinitePolicy.halveRate} included. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** By branch; absent where `balance` is false, or one branch alone is trained. */
  readonly branches?: Readonly<Record<string, BranchFigures>>;
  /** The step's wall-clock time, and of it the wait for the batch. */
  readonly seconds: number;
  readonly dataSeconds: number;
}

export interface SkippedRecord {
  readonly kind: 'skipped';
  readonly step: number;
  readonly epoch: number;
  readonly ids: readonly string[];
  /** The first tensor that was not finite. */
  readonly tensor: string;
  /** What all rates are multiplied by from now on; absent: 1. */
  readonly rateFactor?: number;
}

export interface RollbackRecord {
  /** The loss leapt; training goes on from an earlier state with the next batch. */
  readonly kind: 'rollback';
  readonly step: number;
  readonly epoch: number;
  readonly ids: readonly string[];
  readonly loss: number;
  /** The mean of the losses before, and the bound that `loss` was above. */
  readonly expected: number;
  readonly bound: number;
  /** The step whose state training goes on from. */
  readonly to: number;
}

export interface EvaluationRecord {
  readonly kind: 'evaluation';
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface WarningRecord {
  /** Something of the run will not go as its owner expects; each is logged once. */
  readonly kind: 'warning';
  readonly step: number;
  readonly epoch: number;
  /** What was seen, and what follows from it. */
  readonly message: string;
  /** What the reader can do. */
  readonly advice: string;
}

export interface CompilingRecord {
  /** The engine compiles a graph for the step, and it takes longer than a second. */
  readonly kind: 'compiling';
  readonly step: number;
  readonly epoch: number;
}

/** What {@link TrainOptions.log} receives. `step` counts steps done, so the first is 1. */
export type TrainRecord =
  StepRecord | SkippedRecord | RollbackRecord | EvaluationRecord | WarningRecord | CompilingRecord;

/** Where records go: a file, a service, a chart. Whoever made a logger closes it. */
export interface RunLogger {
  /** Called in the order of the steps; a logger that fails, also later, ends the training with its error. */
  log(record: TrainRecord): unknown;
  /** Writes what waits and lets go of files and connections. */
  close?(): Promise<void> | void;
}
