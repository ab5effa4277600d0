/** What the watches of a run carry from step to step, as plain data. It is saved with the state. */
export interface RunMemory {
  /** The evaluation with the best value of `best.metric`, and how many came after it. */
  readonly best?: {
    readonly metric: string;
    readonly value: number;
    readonly step: number;
    readonly since: number;
  };
  /** What all learning rates are multiplied by; absent: 1. */
  readonly rateFactor?: number;
  /** Steps in a row that were not finite; absent: 0. */
  readonly failures?: number;
  /** The level of the loss, for what leaps above it. */
  readonly losses?: { readonly count: number; readonly mean: number; readonly variance: number };
  /** `position` of the last batch, where the data gives positions. */
  readonly position?: unknown;
}
