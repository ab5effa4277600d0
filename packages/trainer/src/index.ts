export { cachedEncoder } from './cached-encoder';
export { checkState } from './check-state';
export type { StateOwner } from './check-state';
export { evaluateObjective, initialParams, lossAndGradients } from './gradients';
export type { Gradients, Objective } from './gradients';
export { freeze, lit } from './freezing/freeze';
export type { Freezing } from './freezing/freeze';
export { interpolateWeights } from './interpolate-weights';
export { jointModel } from './joint-model';
export type { JointModelOptions } from './joint-model';
export { startingParams } from './start-state';
export { layerDecay } from './layers/layer-decay';
export type { LayerDecay } from './layers/layer-decay';
export { layerOf } from './layers/encoder-layers';
export type { LayerOf } from './layers/encoder-layers';
export { isAdapter } from './lora/adapters';
export { mergeLora, withLora } from './lora/with-lora';
export type { LoraOptions } from './lora/with-lora';
export { adafactor } from './optimizers/adafactor';
export type { AdafactorOptions } from './optimizers/adafactor';
export { adam } from './optimizers/adam';
export type { AdamOptions } from './optimizers/adam';
export { adamW } from './optimizers/adamw';
export type { AdamWOptions } from './optimizers/adamw';
export { chain } from './optimizers/chain';
export { defaultLearningRates } from './optimizers/groups';
export type { LearningRate, RateOptions } from './optimizers/groups';
export { lamb } from './optimizers/lamb';
export type { LambOptions } from './optimizers/lamb';
export { lion } from './optimizers/lion';
export type { LionOptions } from './optimizers/lion';
export { muon } from './optimizers/muon';
export type { MuonOptions } from './optimizers/muon';
export { optimizerOf } from './optimizers/optimizer-of';
export { partitionBy } from './optimizers/partition-by';
export { adaptiveClip } from './optimizers/parts/adaptive-clip';
export type { AdaptiveClipOptions } from './optimizers/parts/adaptive-clip';
export { clipByGlobalNorm } from './optimizers/parts/clip-by-global-norm';
export type { ClipByGlobalNormOptions } from './optimizers/parts/clip-by-global-norm';
export { decoupledWeightDecay } from './optimizers/parts/decoupled-weight-decay';
export type { WeightDecayOptions } from './optimizers/parts/decoupled-weight-decay';
export { scaleByAdam } from './optimizers/parts/scale-by-adam';
export type { ScaleByAdamOptions } from './optimizers/parts/scale-by-adam';
export { scaleByFactoredRms } from './optimizers/parts/scale-by-factored-rms';
export type { ScaleByFactoredRmsOptions } from './optimizers/parts/scale-by-factored-rms';
export { scaleByLion } from './optimizers/parts/scale-by-lion';
export type { ScaleByLionOptions } from './optimizers/parts/scale-by-lion';
export { scaleByMomentum } from './optimizers/parts/scale-by-momentum';
export type { ScaleByMomentumOptions } from './optimizers/parts/scale-by-momentum';
export { scaleByMuon } from './optimizers/parts/scale-by-muon';
export type { ScaleByMuonOptions } from './optimizers/parts/scale-by-muon';
export { scaleByParameterRms } from './optimizers/parts/scale-by-parameter-rms';
export type { ScaleByParameterRmsOptions } from './optimizers/parts/scale-by-parameter-rms';
export { scaleBySchedule } from './optimizers/parts/scale-by-schedule';
export type { ScaleByScheduleOptions } from './optimizers/parts/scale-by-schedule';
export { scaleByTrustRatio } from './optimizers/parts/scale-by-trust-ratio';
export { createOptimizer, optimizers } from './optimizers/registry';
export type { OptimizerOptions } from './optimizers/registry';
export { scheduleFreeAdamW } from './optimizers/schedule-free-adamw';
export type { ScheduleFreeAdamWOptions } from './optimizers/schedule-free-adamw';
export { sgd } from './optimizers/sgd';
export type { SgdOptions } from './optimizers/sgd';
export type {
  Direction,
  Directions,
  GradientTransform,
  TransformContext,
  Transformed,
} from './optimizers/transform';
export { cosineRestarts } from './schedules/cosine-restarts';
export type { CosineRestartsOptions } from './schedules/cosine-restarts';
export { oneCycle } from './schedules/one-cycle';
export type { OneCycleOptions } from './schedules/one-cycle';
export type { Schedule } from './schedules/schedule';
export { createSchedule, schedules } from './schedules/registry';
export { startingAt } from './schedules/starting-at';
export {
  constant,
  inverseSquareRoot,
  warmupConstant,
  warmupCosine,
  warmupLinear,
} from './schedules/warmup';
export { warmupStableDecay } from './schedules/warmup-stable-decay';
export type { WarmupStableDecayOptions } from './schedules/warmup-stable-decay';
export { copyOfState, disposeState } from './state';
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
export { usableParams } from './averaged';
export type { AverageOptions } from './averaged';
export type { BalanceOptions } from './balance/branch-guard';
export { normalizeBranches } from './balance/normalize-branches';
export type { NormalizeBranchesOptions } from './balance/normalize-branches';
export { ogmGE } from './balance/ogm-ge';
export type { OgmGeOptions } from './balance/ogm-ge';
export type { Modulation } from './balance/modulation';
export type { BestOptions } from './best';
export { unfreezeAt } from './freezing/unfreeze-at';
export type { FrozenOptions } from './frozen-at';
export type { RunMemory } from './memory';
export type { StepOptions, TrainOptions, TrainResult } from './options';
export type {
  BranchFigures,
  EvaluationRecord,
  RollbackRecord,
  RunLogger,
  SkippedRecord,
  StepRecord,
  TrainRecord,
  WarningRecord,
} from './records';
export { scalarsOf } from './scalars';
export type { RunStore } from './run-store';
export type { NonFinitePolicy } from './stability/non-finite';
export type { SpikeOptions } from './stability/spikes';
export { train } from './train';
