import { lookUp, type Loss } from '@crossweave/core';
import { captioning, type CaptioningOptions } from './captioning/captioning';
import { cloob, type CloobOptions } from './contrastive/cloob';
import { decoupled, type DecoupledOptions } from './contrastive/decoupled';
import { filip, type FilipOptions } from './contrastive/filip';
import { geodesicMixup, type GeodesicMixupOptions } from './contrastive/geodesic-mixup';
import { infoNCE, type InfoNCEOptions } from './contrastive/info-nce';
import {
  multipleNegativesRanking,
  type MultipleNegativesRankingOptions,
} from './contrastive/multiple-negatives-ranking';
import { siglip, type SigLIPOptions } from './contrastive/siglip';
import { supervised, type SupervisedOptions } from './contrastive/supervised';
import { triplet, type TripletOptions } from './contrastive/triplet';
import {
  distilledContrastive,
  type DistilledContrastiveOptions,
} from './distillation/distilled-contrastive';
import {
  momentumContrastive,
  type MomentumContrastiveOptions,
} from './distillation/momentum-contrastive';
import { listwiseMatching, type ListwiseMatchingOptions } from './matching/listwise-matching';
import { matching, type MatchingOptions } from './matching/matching';
import {
  alignmentUniformity,
  type AlignmentUniformityOptions,
} from './regularisation/alignment-uniformity';
import { barlowTwins, type BarlowTwinsOptions } from './regularisation/barlow-twins';
import { vicreg, type VicregOptions } from './regularisation/vicreg';

/** The options of each loss by name. */
export interface LossOptions {
  'info-nce': InfoNCEOptions;
  siglip: SigLIPOptions;
  triplet: TripletOptions;
  'multiple-negatives-ranking': MultipleNegativesRankingOptions;
  supervised: SupervisedOptions;
  decoupled: DecoupledOptions;
  cloob: CloobOptions;
  filip: FilipOptions;
  'geodesic-mixup': GeodesicMixupOptions;
  matching: MatchingOptions;
  'listwise-matching': ListwiseMatchingOptions;
  'momentum-contrastive': MomentumContrastiveOptions;
  'distilled-contrastive': DistilledContrastiveOptions;
  captioning: CaptioningOptions;
  'alignment-uniformity': AlignmentUniformityOptions;
  'barlow-twins': BarlowTwinsOptions;
  vicreg: VicregOptions;
}

/**
 * The losses of this package by name, for configs and command lines. Extend it by
 * spreading: `{ ...losses, mine: myLoss }`.
 */
export const losses: {
  readonly [Name in keyof LossOptions]: (options?: LossOptions[Name]) => Loss;
} = {
  'info-nce': infoNCE,
  siglip,
  triplet,
  'multiple-negatives-ranking': multipleNegativesRanking,
  supervised,
  decoupled,
  cloob,
  filip,
  'geodesic-mixup': geodesicMixup,
  matching,
  'listwise-matching': listwiseMatching,
  'momentum-contrastive': momentumContrastive,
  'distilled-contrastive': distilledContrastive,
  captioning,
  'alignment-uniformity': alignmentUniformity,
  'barlow-twins': barlowTwins,
  vicreg,
};

/** A table of losses. The options are checked when a loss is made, not by the compiler. */
export type LossTable = Readonly<Record<string, (options?: never) => Loss>>;

/**
 * Makes the loss `name` of `table` with options from a config file.
 *
 * @throws ConfigError for an unknown name or option; it suggests the nearest.
 */
export function createLoss(name: string, options: object = {}, table: LossTable = losses): Loss {
  // The factory refuses unknown options.
  return lookUp('loss', table, name)(options as never);
}
