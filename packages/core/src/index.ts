import './gradients';

export { toOurParams, toTheirParams } from './checkpoints/convert';
export { keyMap } from './checkpoints/key-map';
export type { KeyMap, KeyMapOptions, KeyRule, KeyTarget } from './checkpoints/key-map';
export { disposeBatch } from './contracts/batch';
export type { Batch, BatchSource } from './contracts/batch';
export { inference, scoped } from './contracts/context';
export type { Context } from './contracts/context';
export type { HardNegative, PairRecord, PairSplit } from './contracts/dataset';
export type { Encoder, LayeredEncoder, TextInput } from './contracts/encoder';
export type { Features, FeatureSpec } from './contracts/features';
export type { FrozenEncoder } from './contracts/frozen-encoder';
export type { Fused, Fusion } from './contracts/fusion';
export type { Loss, LossResult, ModelOutputs } from './contracts/loss';
export type { Model } from './contracts/model';
export type { Optimizer, OptimizerState, OptimizerUpdate } from './contracts/optimizer';
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
export type { ErrorDetails } from './errors';
export {
  bernoulli,
  foldIn,
  key,
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
export { lookUp, requireInteger, requireRange, withDefaults } from './options';
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
export { parseSafetensors, serializeSafetensors } from './safetensors';
export type { SafetensorsFile, SafetensorsType, StoredTensor } from './safetensors';
export { paramsFromSafetensors, paramsToSafetensors } from './safetensors-params';
export { checkShapes, showShape } from './shapes';
export type { Dimension } from './shapes';
