export { matchCost, matchFlops, matchParameters } from './cost/match';
export type { FusionSize, MatchBy, MatchOptions, MatchedFusion } from './cost/match';
export * from './cross-attention';
export * from './early';
export { scoreInBlocks, scoreInChunks } from './features';
export type { Rows, Side, Tokens } from './features';
export * from './late';
export { withMissingModality } from './missing-modality';
export type { MissingModalityOptions } from './missing-modality';
export { createFusion, fusions } from './registry';
export type { FusionOptions, FusionTable } from './registry';
export { towersPrefix, withTowerScore } from './with-tower-score';

// Builders for your own fusions.
export {
  bilinearFusion,
  bilinearFusionChecks,
  bilinearFusionDefaults,
} from './late/bilinear/bilinear-fusion';
export type { BilinearFusionOptions, BilinearFusionParts } from './late/bilinear/bilinear-fusion';
export { coreProduct, rankProduct } from './late/bilinear/products';
export type { Product } from './late/bilinear/products';
export type { Activate } from './late/bilinear/projections';
export { pooledFusion, pooledFusionChecks, pooledFusionDefaults } from './late/pooled-fusion';
export type { PooledFusionOptions, PooledFusionParts } from './late/pooled-fusion';
export {
  imageOfEachText,
  tokenFusionChecks,
  tokenFusionDefaults,
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
} from './transformer-fusion';
export type {
  TokenFusionOptions,
  TransformerFusionOptions,
  TransformerFusionParts,
} from './transformer-fusion';
