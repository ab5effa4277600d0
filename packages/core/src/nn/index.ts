import '../gradients';

export { activations, gelu, geluTanh, quickGelu, relu } from './activations';
export type { Activation } from './activations';
export { amax } from './amax';
export { scaledDotProductAttention } from './attention';
export type { AttentionOptions } from './attention';
export { batchNorm, initBatchNorm } from './batch-norm';
export type { BatchNormOptions } from './batch-norm';
export { checkpoint, runLayer } from './checkpoint';
export type { Block } from './checkpoint';
export { clampParameter } from './clamp';
export { conv2d, initConv2d } from './conv2d';
export type { Conv2dOptions } from './conv2d';
export { depthwiseConv2d } from './depthwise-conv2d';
export { dropPath, dropPathRates } from './drop-path';
export { dropout } from './dropout';
export { einsum } from './einsum';
export { embedding, initEmbedding } from './embedding';
export type { EmbeddingOptions } from './embedding';
export {
  kaimingUniform,
  normalInit,
  truncatedNormal,
  uniformInit,
  xavierUniform,
} from './initialisers';
export { initLayerNorm, layerNorm } from './layer-norm';
export { affine, initLinear, linear } from './linear';
export type { LinearOptions } from './linear';
export { maskedSoftmax } from './masked-softmax';
export { initMultiHeadAttention, multiHeadAttention } from './multi-head-attention';
export type { MultiHeadAttentionInput, MultiHeadAttentionOptions } from './multi-head-attention';
export { normalize } from './normalize';
export { globalAveragePool, maskedMean, maxPool2d } from './pooling';
export type { PoolOptions } from './pooling';
export { learnedPositions } from './positions';
export { repeatRows } from './repeat-rows';
export { rotate, rotation } from './rotary';
export type { Rotation } from './rotary';
export { select } from './select';
export { selfAttention } from './self-attention';
export type { SelfAttentionInput } from './self-attention';
export { signedSqrt } from './signed-sqrt';
export { standardise } from './standardise';
export { constantOf, stopGradient } from './stop-gradient';
export {
  crossAttentionBlock,
  crossAttentionPart,
  feedForwardPart,
  initCrossAttentionBlock,
  initTransformerBlock,
  selfAttentionPart,
  transformerBlock,
} from './transformer';
export type { CrossAttentionOptions, TransformerOptions, TransformerSizes } from './transformer';
export { withGradient } from './with-gradient';
