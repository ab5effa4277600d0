import type {
  Batch,
  BatchSource,
  Encoder,
  FittedTask,
  Fusion,
  Key,
  Loss,
  Optimizer,
  PairSplit,
  Params,
} from '@crossweave/core';
import type { Sampling } from '@crossweave/data';
import type { TrainRecord } from '@crossweave/trainer';
import type { AblationProgress } from '../ablation/ablate';
import type { EncodeProgress } from '../features/encode-split';

/** One stretch of training. */
export interface Phase {
  readonly steps: number;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
}

/** A stretch of training on cached features. */
export interface FusionPhase extends Phase {
  readonly batchSize: number;
  /**
   * K, false captions a pair. `{ upTo: K }`: K where every pair of the train split has one, else
   * none, which the results note; the loss must then draw negatives from the batch itself.
   */
  readonly negatives: number | { readonly upTo: number };
  /**
   * How often pairs of each class are drawn, of a task with classes (`pairBatches`). The outputs that are
   * measured are corrected for it ({@link sampledPrior}). Default `none`.
   */
  readonly sampling?: Sampling | undefined;
}

/**
 * The towers and how they learn before any fusion does. With 0 `steps` they are `initial` as it is, and
 * what it lacks is drawn.
 */
export interface TowerOptions<Image, Text> extends Phase {
  readonly image: Encoder<Image>;
  readonly text: Encoder<Text>;
  /** Separable: the contrastive head during pre-training, the finder of candidates afterwards. */
  readonly fusion: Fusion;
  /**
   * Parameters to begin with, by paths of the joint model: checkpoints of the towers. They stay the
   * caller's. Where they are all that the joint model has, its figures before training stand beside the
   * arms. Default: all are drawn.
   */
  readonly initial?: Params;
  /** See `TrainOptions`: what `initial` may lack though it has others of the same part. */
  readonly ignoreMissing?: readonly string[];
  /** Paths of the joint model that are not trained. Default none. */
  readonly frozen?: (path: string) => boolean;
  /** Batches of the train split under a key that derives from `seed`. */
  readonly data: (key: Key) => BatchSource<Batch<Image, Text>>;
  /** How `data` draws pairs of each class: the outputs of the towers are corrected for it. Default `none`. */
  readonly sampling?: Sampling | undefined;
  readonly seed: number;
}

/** One fusion to compare, with its own training where that differs. */
export interface FusionArm {
  /** Names files: letters, digits, `.`, `_` and `-`; not the name of a floor. */
  readonly name: string;
  readonly fusion: Fusion;
  readonly training: FusionPhase;
  /**
   * The prefix under which the fusion holds the parameters of the towers' fusion (`towers.` of
   * `withTowerScore` in @crossweave/fusion). They begin as pre-training left them and stay frozen, and
   * candidates are ordered by the fusion's score alone, which has the towers' in it. Default: the fusion
   * holds none, and the towers' cosine is added to its score.
   */
  readonly towersAt?: string;
}

export interface CompareFusionsOptions<Image, Text> {
  readonly data: {
    readonly train: PairSplit<Image, Text>;
    /** What is reported. Held out from all training. */
    readonly test: PairSplit<Image, Text>;
    readonly fingerprint: string;
  };
  readonly towers: TowerOptions<Image, Text>;
  /**
   * What is measured, in place of matching and retrieval. The loss of every arm must have the task in
   * it (`taskLoss`, made for the arm's fusion, alone or in a `weightedSum`); towers whose loss has it
   * stand beside the arms.
   */
  readonly task?: FittedTask;
  readonly arms: readonly FusionArm[];
  /** Whole numbers from 0 on, none twice. */
  readonly seeds: readonly number[];
  /** Folder of the run: towers, trials, results and reports. */
  readonly out: string;
  /**
   * Plain data that says how towers and arms are made and trained: a finished trial is reused only
   * under an equal recipe. `towers` describes the towers, `arms[name]` an arm. Default: the `config`
   * of every part, with steps, batches and a digest of `initial`. A comparison
   * with a part that has no config needs a recipe.
   */
  readonly recipe?: {
    readonly towers: unknown;
    readonly arms: Readonly<Record<string, unknown>>;
  };
  /** Folder in which the towers' features are kept from run to run: `store` of `encodeSplit`. */
  readonly featureStore?: string;
  /** Candidates a query that a joint fusion re-ranks. Default 16. */
  readonly top?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ComparisonProgress) => void;
}

/** What {@link CompareFusionsOptions.onProgress} receives. */
export type ComparisonProgress =
  | { readonly stage: 'towers'; readonly record: TrainRecord; readonly steps: number }
  | { readonly stage: 'towers-reused' }
  /** Something that the reader of the results must know, or a damaged file that was set aside. */
  | { readonly stage: 'note'; readonly message: string }
  | ({ readonly stage: 'encoding'; readonly split: string } & EncodeProgress)
  | ({ readonly stage: 'trial' } & AblationProgress)
  | {
      readonly stage: 'training';
      readonly arm: string;
      readonly seed: number;
      readonly record: TrainRecord;
      readonly steps: number;
    };
