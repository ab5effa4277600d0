import './gradients';

export { initialShapes, shapesOf } from './param-shapes';
export type { ParamShapes } from './param-shapes';
export { disposeBatch } from './contracts/batch';
export type { Batch, BatchSource } from './contracts/batch';
export { inference, scoped, withOwnKey, withoutRecord } from './contracts/context';
export type { Context } from './contracts/context';
export type { HardNegative, Label, PairRecord, PairSplit } from './contracts/dataset';
export { outputsOfEmbeddings } from './contracts/embedding-outputs';
export type { Encoder, LayeredEncoder, TextInput } from './contracts/encoder';
export { labelIdentity } from './contracts/label-identity';
export { mapFeatures } from './contracts/features';
export type { Features, FeatureSpec, PooledFeatures } from './contracts/features';
export type { FrozenEncoder } from './contracts/frozen-encoder';
export type { Fused, Fusion } from './contracts/fusion';
export { requireBothSides } from './contracts/both-sides';
export { requireComplete, requireTokens } from './contracts/fusion-inputs';
export type {
  CaptionLogits,
  EmbeddingQueue,
  Loss,
  LossResult,
  ModelOutputs,
  Teacher,
} from './contracts/loss';
export type { Model } from './contracts/model';
export type { Optimizer, OptimizerState, OptimizerUpdate, StepClock } from './contracts/optimizer';
export type {
  ClassRow,
  Confusion,
  FittedTask,
  FittedThresholds,
  LabelProbability,
  Prediction,
  Task,
  TaskFigures,
  TaskThresholds,
} from './contracts/task';
export type { Configured, PartConfig, PlainValue } from './contracts/part-config';
export type { TokenizerFacts } from './contracts/tokenizer';
export { encoderCost, fusionCost } from './cost/cost';
export type { FusionCost, FusionCostOptions } from './cost/cost';
export { countFlops } from './cost/count-flops';
export type { FlopCount } from './cost/count-flops';
export {
  ConfigError,
  CrossweaveError,
  DataError,
  EngineError,
  FileFormatError,
  NonFiniteError,
  ShapeError,
  StateDictError,
  isCrossweaveError,
  nearestName,
} from './errors';
export type { ErrorDetails, StateDictDifference } from './errors';
export {
  bernoulli,
  drawsNothing,
  foldIn,
  key,
  noDraws,
  normal,
  normalArray,
  permutation,
  randomInteger,
  randomWords,
  split,
  uniform,
  uniformArray,
} from './keys';
export type { Key } from './keys';
export {
  HostReadError,
  asStandIn,
  hostValue,
  hostValues,
  standInOf,
  unreadable,
  withFields,
} from './host-value';
export type { HostNumbers, HostType, HostValue, StandIn, StepRecorder } from './host-value';
export { lookUp } from './look-up';
export {
  countParameters,
  disposeParams,
  isBuffer,
  keepParams,
  mapParams,
  mergeParams,
  parameter,
  partition,
  subtree,
  withPrefix,
} from './params';
export type { Params } from './params';
export { anyPattern, pathPattern } from './path-pattern';
export { checkShapes, showShape } from './shapes';
export type { Dimension } from './shapes';
export { treeGradients } from './tree-gradients';
export type { TreeGradients } from './tree-gradients';
export { valuesOf } from './values-of';
export { writtenTensor } from './written-tensor';
export { yieldToEventLoop } from './yield-to-event-loop';
