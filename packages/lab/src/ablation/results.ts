import type { SplitFacts } from '../evaluate/split-facts';
import type { Interval } from '../statistics/crossed';

/** Figures by metric. */
export type Figures = Readonly<Record<string, number>>;

/** What a mean is uncertain by. */
export interface Uncertainty {
  /** 95 %, of width above 0. Null with one seed, or where nothing tells the spread. */
  readonly ci95: Interval | null;
  /** What `ci95` counts as chance: seeds alone where trials tell no outcomes of queries. */
  readonly over: 'seeds and queries' | 'seeds' | null;
  /**
   * 95 %, over the choice of queries for the models as they were trained. It says nothing of other
   * seeds, and must not be read as if it did. Null where trials tell no outcomes of queries.
   */
  readonly queryInterval: Interval | null;
}

export interface Summary extends Uncertainty {
  readonly mean: number;
  /** Trials. */
  readonly n: number;
}

export interface TrialResult {
  readonly seed: number;
  readonly metrics: Figures;
  readonly steps: number;
  readonly seconds: number;
}

export interface ArmResult {
  readonly name: string;
  /** Trained parameters. */
  readonly params: number;
  /** Operations of fusing one pair, in inference. */
  readonly flops?: number;
  readonly trials: readonly TrialResult[];
  readonly summary: Readonly<Record<string, Summary>>;
}

/** What stands beside the arms, measured once on the same queries. */
export interface BaselineResult {
  /** `towers alone`, `bag-of-words`… */
  readonly name: string;
  /** `towers`: what the arms start from. `floor`: a scorer that cannot see what is tested. */
  readonly kind: 'towers' | 'floor';
  readonly metrics: Figures;
  /** By metric, 95 % over the choice of queries; none for metrics without outcomes of queries. */
  readonly queryIntervals: Readonly<Record<string, Interval>>;
}

/** Two arms, or an arm and a baseline, paired by seed and query. */
export interface ComparisonResult extends Uncertainty {
  readonly a: string;
  /** An arm or a baseline. */
  readonly b: string;
  readonly metric: string;
  /** Mean of a − b over seeds and queries. */
  readonly difference: number;
  /** Two-sided, over what `over` says; null where `ci95` is. */
  readonly p: number | null;
  /**
   * Holm's correction over all pairs of arms of the metric, or over all arms against this
   * baseline.
   */
  readonly pAdjusted: number | null;
}

/** What the trials were measured on. */
export interface DataResult {
  readonly fingerprint: string;
  readonly test?: SplitFacts;
}

/** `results.json` of an ablation. */
export interface AblationResults {
  readonly schema: 2;
  readonly seeds: readonly number[];
  readonly arms: readonly ArmResult[];
  readonly baselines: readonly BaselineResult[];
  readonly comparisons: readonly ComparisonResult[];
  /** Metrics of scores that know nothing. */
  readonly chance?: Figures;
  /** Metrics that are no results, with the reason: `chance is 0.833`. They are not compared. */
  readonly notShown: Readonly<Record<string, string>>;
  readonly data?: DataResult;
  /** What a reader must know of how the trials came about. */
  readonly notes: readonly string[];
}
