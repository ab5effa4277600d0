export { ConformanceError } from './check';
export type { Check, TestRunner } from './check';
export { fusionChecks, testFusion } from './fusion';
export type { FusionTestOptions } from './fusion';
export { sampleFeatures } from './samples';
export type { SampleOptions } from './samples';
