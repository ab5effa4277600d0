import { DataError } from '../errors';

/** The system's code of an error: `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/** Advice for each of the system's error codes. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'You have no permission for that: change the permissions, or choose a different path.',
  EPERM: 'You have no permission for that: change the permissions, or choose a different path.',
  EROFS: 'The file system is read-only: choose a different path.',
  ENOSPC: 'The disk is full: free some space, or choose a different path.',
  EDQUOT: 'The disk quota is used up: free some space, or choose a different path.',
  ENOENT: 'The file or one of its folders does not exist: check the path.',
  ENOTDIR: 'A part of the path is a file, not a folder: choose a different path.',
  EEXIST: 'A file with the name of the folder exists: choose a different path.',
  EISDIR: 'A folder with the name of the file exists: choose a different path.',
  EMFILE: 'The process has too many open files: raise the limit (ulimit -n).',
  ENAMETOOLONG: 'The name is too long for the file system: choose a shorter one.',
};

/** An error of the file system as a typed error with advice. */
export function fileError(what: string, path: string, cause: unknown): DataError {
  const advice = remedies[codeOf(cause) ?? ''];
  return new DataError(what, {
    where: path,
    got: reason(cause),
    cause,
    ...(advice !== undefined && { advice }),
  });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
