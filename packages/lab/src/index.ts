export { ablate } from './ablation/ablate';
export type { AblateOptions, AblationEnd, AblationProgress, Arm, Trial } from './ablation/ablate';
export type {
  AblationResults,
  ArmResult,
  BaselineResult,
  ComparisonResult,
  DataResult,
  Summary,
  TrialResult,
  Uncertainty,
} from './ablation/results';
export type { AblationContext, Baseline } from './ablation/summarise';
export { configHash } from './ablation/trial-file';
export type { CurvePoint, TrialOutcome, TrialRecord } from './ablation/trial-file';
export { validateResults } from './ablation/validate-results';
export { checkComparison } from './comparison/checks';
export { compareFusions } from './comparison/compare-fusions';
export { resolveNegatives } from './comparison/negatives';
export type { ResolvedNegatives } from './comparison/negatives';
export type {
  CompareFusionsOptions,
  ComparisonProgress,
  FusionArm,
  FusionPhase,
  Phase,
  TowerOptions,
} from './comparison/options';
export { pretrainTowers } from './comparison/pretrain-towers';
export type { PretrainedTowers } from './comparison/pretrain-towers';
export { evaluateFusion } from './evaluate/evaluate-fusion';
export type { EvaluateOptions, Evaluation } from './evaluate/evaluate-fusion';
export { scoreAll, scorePairs } from './evaluate/pairs';
export type { FittedFusion, Pair, ScoringOptions } from './evaluate/pairs';
export { chanceOf } from './evaluate/plan';
export { rerank } from './evaluate/rerank';
export { retrievalScores } from './evaluate/retrieval-scores';
export type { RetrievalScores, RetrievalScoresOptions } from './evaluate/retrieval-scores';
export { describeSplit, splitFacts } from './evaluate/split-facts';
export type { SplitFacts } from './evaluate/split-facts';
export { encodeSplit } from './features/encode-split';
export type { EncodeOptions, EncodeProgress, FeatureCache } from './features/encode-split';
export type { Tower } from './features/encoder-fingerprint';
export { measureFeatureStore, pruneFeatureStore } from './features/feature-store';
export type { PruneFeaturesOptions, StoredFeatures } from './features/feature-store';
export { compareFidelity, requireFidelity } from './features/fidelity';
export type { Fidelity, FidelityLimits } from './features/fidelity';
export { fingerprint } from './features/fingerprint';
export { FeatureTable } from './features/table';
export type { FeatureRow } from './features/table';
export { fitBagOfWords } from './floors/bag-of-words';
export type { BagOfWordsScorer } from './floors/bag-of-words';
export { floors } from './floors/floors';
export { fitImageBlind } from './floors/image-blind';
export type { CaptionScorer } from './floors/image-blind';
export { calibrationError, logLoss, reliability } from './metrics/calibration';
export type { ReliabilityBin } from './metrics/calibration';
export { classFigures, confusionFigures, confusionMatrix } from './metrics/confusion';
export type { ClassFigures, ConfusionFigures } from './metrics/confusion';
export { averagePrecision, rocAuc } from './metrics/ranking';
export { regressionFigures } from './metrics/regression';
export type { RegressionFigures } from './metrics/regression';
export { matchingMetrics } from './metrics/matching';
export type { Comparison } from './metrics/matching';
export { isCost, metricKind, notShown } from './metrics/kinds';
export type { Relevance } from './metrics/relevance';
export { retrievalChance, retrievalMetrics } from './metrics/retrieval';
export type { Metrics, RetrievalChanceOptions, RetrievalOptions } from './metrics/retrieval';
export { metricRows, metricTable, textTable } from './report/metric-table';
export type { Beside, MetricRow } from './report/metric-table';
export { renderHtml, renderMarkdown, writeReport } from './report/report';
export type { ReportOptions } from './report/report';
export { verdict } from './report/verdict';
export { representationFigures, representationNames } from './representations/figures';
export type { RepresentationName, RepresentationOptions } from './representations/figures';
export { alignment, modalityGap, uniformity } from './representations/geometry';
export type { LabelledVectors } from './representations/labelled-vectors';
export { linearProbe } from './representations/linear-probe';
export type { LinearProbeOptions } from './representations/linear-probe';
export { nearestNeighbours } from './representations/nearest-neighbours';
export type { NearestNeighboursOptions } from './representations/nearest-neighbours';
export { effectiveRank, linearCka } from './representations/spectrum';
export type { Vectors } from './representations/vectors';
export { answering } from './tasks/answering';
export type { AnsweringOptions } from './tasks/answering';
export { classification } from './tasks/classification';
export type { ClassificationOptions } from './tasks/classification';
export { describeMeasured, evaluateTask, taskOutputs } from './tasks/evaluate-task';
export type { EvaluateTaskOptions, TaskEvaluation, TrainedTask } from './tasks/evaluate-task';
export { defineTask } from './tasks/define-task';
export type { SampleMetric, TaskParts } from './tasks/define-task';
export { taskHead } from './tasks/head';
export type { HeadOptions } from './tasks/head';
export { jointWidth } from './tasks/joint-width';
export type { Mistake, PlacedMistake } from './tasks/mistakes';
export { multiLabel } from './tasks/multi-label';
export type { MultiLabelOptions } from './tasks/multi-label';
export { ordinal } from './tasks/ordinal';
export type { OrdinalOptions } from './tasks/ordinal';
export { predictTask, temperaturesCheck, uncalibrated } from './tasks/predict-task';
export type { PairPrediction, PredictTaskOptions, Temperatures } from './tasks/predict-task';
export { createTask, tasks } from './tasks/registry';
export type { TaskOptions, TaskTable } from './tasks/registry';
export { regression } from './tasks/regression';
export type { RegressionOptions } from './tasks/regression';
export { requireDrawnClasses, sampledPrior } from './tasks/sampled-prior';
export { taskFloors } from './tasks/task-floors';
export type { TaskFloorName } from './tasks/task-floors';
export { labelsInCaptions, requireUnreadLabels } from './tasks/label-captions';
export type { LabelsInCaptions } from './tasks/label-captions';
export { headOfLoss, labelledPairs, taskLoss } from './tasks/task-loss';
export type { LabelledPair, TaskLossOptions } from './tasks/task-loss';
export { divided, fitTemperature } from './tasks/temperature';
export { thresholdsCheck } from './tasks/thresholds';
export type { Thresholds } from './tasks/thresholds';
export { crossedEstimate } from './statistics/crossed';
export type { CrossedEstimate, CrossedOptions, Interval } from './statistics/crossed';
export { holm } from './statistics/holm';
export { bootstrapInterval, tInterval } from './statistics/intervals';
export type { BootstrapOptions, Estimate } from './statistics/intervals';
export { mean, median, quantile, sampleVariance, standardDeviation } from './statistics/moments';
export { pairedBootstrap, pairedPermutation } from './statistics/paired';
export type { ResampledDifference } from './statistics/paired';
export { minimumDetectableEffect } from './statistics/power';
export type { PowerOptions } from './statistics/power';
