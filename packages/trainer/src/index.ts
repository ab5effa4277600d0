export { cachedEncoder } from './cached-encoder';
export { checkState } from './check-state';
export type { StateOwner } from './check-state';
export { evaluateObjective, initialParams, lossAndGradients } from './gradients';
export type { Gradients, Objective } from './gradients';
export { freeze, lit } from './freezing/freeze';
export type { Freezing } from './freezing/freeze';
export { jointModel } from './joint-model';
export type { JointModelOptions } from './joint-model';
export { layerDecay } from './layers/layer-decay';
export type { LayerDecay } from './layers/layer-decay';
export { layerOf } from './layers/encoder-layers';
export type { LayerOf } from './layers/encoder-layers';
export { mergeLora, withLora } from './lora/with-lora';
export type { LoraOptions } from './lora/with-lora';
export { adamW } from './optimizers/adamw';
export type { AdamWOptions } from './optimizers/adamw';
export { defaultLearningRates } from './optimizers/groups';
export type { LearningRate, RateOptions } from './optimizers/groups';
export { sgd } from './optimizers/sgd';
export type { SgdOptions } from './optimizers/sgd';
export { constant, warmupConstant, warmupCosine } from './schedules';
export type { Schedule } from './schedules';
export { disposeState } from './state';
export type { TrainState } from './state';
export { trainStep } from './step';
export type { StepOutcome } from './step';
export type {
  MomentumTeacher,
  TeacherOptions,
  TeacherState,
  TrainedTeacher,
} from './teacher/options';
export { DivergenceError } from './divergence';
export type { StepOptions, TrainOptions, TrainRecord, TrainResult } from './options';
export { train } from './train';
