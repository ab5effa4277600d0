/*
 * For other libraries that compute what the kernels record: `new OnnxBackend(options, executor)` is
 * a tfjs backend on any `Executor`. See docs/decisions/0014-executors.md.
 */
export { OnnxBackend } from '../backend';
export { oneOf, optionsFault, wholeNumber } from '../checks';
export type { Check, Checks } from '../checks';
export { BackendError } from '../backend-error';
export { OnnxBackendError } from '../errors';
export type { Buffer, CompileHints, Executor, Program } from '../execution/executor';
export type { Constants } from '../execution/program-cache';
export { registerGradients } from '../gradients';
export { registerKernels } from '../registration';
export { Node, leaf, structuralNumber } from './node';
export { OPERATORS } from './operators';
export type { Operator } from './operators';
export { optimise } from '../optimise/optimise';
export type { Rule, Workshop } from '../optimise/rule';
export { foldScales } from '../optimise/rules';
export { encodeModel } from '../ort/model';
export type { EncodeOptions } from '../ort/model';
export type { ExternalPlace } from '../onnx/write';
export { ArrayPool } from '../ort/pool';
export { makePlan } from './plan';
export type { Plan } from './plan';
export { emptyValues, sameShape, sizeOf } from './types';
export type { Attributes, ElementType, Values } from './types';
