export { OnnxBackend } from './backend';
export type { OnnxMemoryInfo } from './graph-backend';
export { OnnxBackendError } from './errors';
export type { OnnxBackendErrorCode } from './errors';
export type { ExecutorStatistics } from './executor';
export type { OnnxBackendOptions } from './options';
export { BACKEND_NAME, createOnnxBackend, registerOnnxBackend } from './registration';
