export { OpenvinoBackendError } from './errors';
export type { OpenvinoBackendErrorCode } from './errors';
export { findLibrary } from './library/find-library';
export type { Precision } from './openvino/core';
export type { OpenvinoBackendOptions } from './options';
export { backendName, createOpenvinoBackend, registerOpenvinoBackend } from './registration';
