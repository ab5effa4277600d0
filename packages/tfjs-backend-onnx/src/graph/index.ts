/*
 * For other libraries that compute what the kernels record: `new OnnxBackend(options, executor)` is
 * a tfjs backend on any `Executor`. See docs/decisions/0014-executors.md.
 */
export { OnnxBackend } from '../backend';
export { OnnxBackendError } from '../errors';
export type { Buffer, Executor, Program } from '../execution/executor';
export type { Constants } from '../execution/program-cache';
export { registerGradients } from '../gradients';
export { registerKernels } from '../registration';
export { Node, leaf, structuralNumber } from './node';
export { OPERATORS } from './operators';
export type { Operator } from './operators';
export { makePlan } from './plan';
export type { Plan } from './plan';
export { emptyValues, sameShape, sizeOf } from './types';
export type { Attributes, ElementType, Values } from './types';
