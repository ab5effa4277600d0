export * from './cross-attention';
export * from './early';
export { scoreInBlocks, scoreInChunks } from './features';
export type { Rows, Tokens } from './features';
export * from './late';
export { createFusion, fusions } from './registry';
export type { FusionOptions, FusionTable } from './registry';
export type { TokenFusionOptions, TransformerFusionOptions } from './transformer-fusion';
