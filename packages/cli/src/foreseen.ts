import { isCrossweaveError } from '@crossweave/core';
import { fileError } from '@crossweave/core/node';

/**
 * An error of a command as what its reader is told: what the system does not let be done with a file,
 * such as writing to a full disk, becomes a typed error, wherever it comes from; others stay.
 */
export function foreseen(error: unknown): unknown {
  if (isCrossweaveError(error) || !(error instanceof Error)) return error;
  const cause = [error, error.cause].find(isOfFiles);
  if (cause === undefined) return error;
  const where = cause.path ?? (cause === error ? `the system's ${cause.syscall}` : error.message);
  return fileError('a file or folder cannot be used', where, cause);
}

interface FileSystemError extends Error {
  readonly syscall: string;
  readonly path?: string;
}

/** The system's calls for files; `connect` and its like are none of them. */
const calls = new Set(
  (
    'open close read write fsync fdatasync ftruncate stat lstat fstat ' +
    'mkdir mkdtemp rmdir rm unlink rename link symlink copyfile scandir'
  ).split(' '),
);

function isOfFiles(error: unknown): error is FileSystemError {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false;
  return typeof error.syscall === 'string' && calls.has(error.syscall) && error.code !== 'EPIPE';
}
