import { DataError } from '../errors';

/** The system's name of a fault: `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/** What the reader can do about the faults that the system names. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'This user may not do that there: change the permissions, or choose another place.',
  EPERM: 'This user may not do that there: change the permissions, or choose another place.',
  EROFS: 'The file system is read-only: choose another place.',
  ENOSPC: 'The disk is full: make room, or choose another place.',
  EDQUOT: 'The quota is used up: make room, or choose another place.',
  ENOENT: 'Something on the way to it is not there, or was removed meanwhile: check the path.',
  ENOTDIR: 'Something on the way to it is a file, not a folder: choose another path.',
  EEXIST: 'A file has the name of the folder: choose another path.',
  EISDIR: 'A folder has the name of the file: choose another path.',
  EMFILE: 'The process has too many files open: raise its limit.',
  ENAMETOOLONG: 'The name is too long for the file system: choose a shorter one.',
};

/** A fault of the file system as a typed error that says what to do. */
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
