export type { DuplicateOptions } from './candidates';
export { captioning } from './captioning/captioning';
export type { CaptioningOptions } from './captioning/captioning';
export { uncertaintyWeighting } from './combination/uncertainty-weighting';
export type { UncertainLoss } from './combination/uncertainty-weighting';
export { weightedSum } from './combination/weighted-sum';
export type { WeightedLoss } from './combination/weighted-sum';
export { cachedContrastive } from './contrastive/cached-contrastive';
export type {
  CachedContrast,
  CachedGradients,
  ChunkEmbeddings,
} from './contrastive/cached-contrastive';
export { cloob } from './contrastive/cloob';
export type { CloobOptions } from './contrastive/cloob';
export { decoupled } from './contrastive/decoupled';
export type { DecoupledOptions } from './contrastive/decoupled';
export { geodesicMixup } from './contrastive/geodesic-mixup';
export type { GeodesicMixupOptions } from './contrastive/geodesic-mixup';
export { filip } from './contrastive/filip';
export type { FilipOptions } from './contrastive/filip';
export { infoNCE } from './contrastive/info-nce';
export type { InfoNCEOptions } from './contrastive/info-nce';
export { multipleNegativesRanking } from './contrastive/multiple-negatives-ranking';
export type {
  MultipleNegativesRankingOptions,
  RankingDirection,
} from './contrastive/multiple-negatives-ranking';
export { siglip } from './contrastive/siglip';
export type { SigLIPOptions } from './contrastive/siglip';
export { supervised } from './contrastive/supervised';
export type { SupervisedOptions } from './contrastive/supervised';
export { triplet } from './contrastive/triplet';
export type { TripletOptions } from './contrastive/triplet';
export { distilledContrastive } from './distillation/distilled-contrastive';
export type { DistilledContrastiveOptions } from './distillation/distilled-contrastive';
export { momentumContrastive } from './distillation/momentum-contrastive';
export type { MomentumContrastiveOptions } from './distillation/momentum-contrastive';
export { listwiseMatching } from './matching/listwise-matching';
export type { ListwiseMatchingOptions } from './matching/listwise-matching';
export { matching } from './matching/matching';
export type { MatchingOptions } from './matching/matching';
export { createLoss, losses } from './registry';
export type { LossOptions, LossTable } from './registry';
export { alignmentUniformity } from './regularisation/alignment-uniformity';
export type { AlignmentUniformityOptions } from './regularisation/alignment-uniformity';
export { barlowTwins } from './regularisation/barlow-twins';
export type { BarlowTwinsOptions } from './regularisation/barlow-twins';
export { vicreg } from './regularisation/vicreg';
export type { VicregOptions } from './regularisation/vicreg';
export type { Sameness } from './same';
export type { Bias, LearnedTemperature, Temperature } from './temperature';
