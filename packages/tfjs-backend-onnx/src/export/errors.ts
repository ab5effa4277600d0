import { OnnxBackendError } from '../errors';

/** The error for a function that cannot be exported. */
export function exportError(message: string, op?: string, cause?: unknown): OnnxBackendError {
  return new OnnxBackendError('export', `exportOnnx: ${message}`, op, { cause });
}
