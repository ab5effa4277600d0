import { OnnxBackendError } from '../errors';

/** What cannot be exported, and what to do about it. */
export function exportError(message: string, op?: string, cause?: unknown): OnnxBackendError {
  return new OnnxBackendError('export', `exportOnnx: ${message}`, op, { cause });
}
