export { XlaBackendError } from './errors';
export type { XlaBackendErrorCode } from './errors';
export type { XlaBackendOptions } from './options';
export { findPlugin } from './plugins/find-plugin';
export type { Platform } from './plugins/wheels';
export { backendName, createXlaBackend, registerXlaBackend } from './registration';
