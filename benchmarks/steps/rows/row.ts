/** How PyTorch is set up: see `--variant` in peers/measure.py. */
export type Variant = 'default' | 'tuned' | 'compiled' | 'bf16';

/** One model, computed by both sides with the same sizes. */
export interface Row {
  /** Of the workload in workloads/index.ts. */
  readonly name: string;
  readonly title: string;
  /** The script in peers/ and what it needs beside the common options. */
  readonly peer: readonly string[];
  /** Steps counted in each process, after `warmup` that are not. */
  readonly steps: number;
  readonly warmup: number;
  /** Whether tfjs's wasm backend takes one step too, for scale. */
  readonly wasm?: boolean;
  /** Left out unless `--only` names it. */
  readonly onRequest?: boolean;
}
