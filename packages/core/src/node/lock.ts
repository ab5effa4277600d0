import { readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CrossweaveError, type ErrorDetails } from '../errors';
import { codeOf, fileError } from './file-error';
import { createFileAtomic, makeFolder, writeFileAtomic } from './files';
import { isGone, isThisProcess, parseHolder, thisProcess, type LockHolder } from './lock-holder';

/** A folder to which only this process writes until the lock is released. */
export interface FolderLock extends AsyncDisposable {
  /** Absolute path of the folder. */
  readonly path: string;
  /** Releases the lock. Removes the folder if the lock created it and it is still empty. */
  release(): Promise<void>;
}

/** A different process holds the lock of the folder, or may hold it. */
export class LockError extends CrossweaveError {
  override readonly name: string = 'LockError';
  /** Undefined when the lock file is damaged. */
  readonly holder: LockHolder | undefined;

  constructor(what: string, details: ErrorDetails & { holder?: LockHolder | undefined } = {}) {
    super('locked', what, details);
    this.holder = details.holder;
  }
}

/** Name of the lock file within the folder. */
const lockName = '.crossweave.lock';
/** Nested guard files are needed only when processes die within microseconds of each other. */
const mostGuards = 3;

/**
 * Locks a folder for this process, so that no second process mixes its files in. The folder is
 * created if missing. The lock is a file with the pid and start time of the process; the lock of a
 * process that has ended on this machine is taken over. It is released by `release`, at the end of
 * an `await using` block, and when the process exits (not when it is killed).
 *
 * The lock has no heartbeat, because training may block the thread for longer than a heartbeat's
 * interval.
 *
 * @throws LockError when a different process, or this one, already holds the lock; DataError when
 *   the folder cannot be created or written to.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const folder = resolve(path);
  const file = join(folder, lockName);
  const made = await makeFolder(folder);
  const mine = thisProcess();
  try {
    await acquire(file, mine, 0);
  } catch (error) {
    removeEmpty(folder, made);
    throw error;
  }
  // Synchronous, since it also runs as the process's exit handler.
  const giveBack = (): void => {
    process.removeListener('exit', giveBack);
    try {
      if (parseHolder(readFileSync(file, 'utf8'))?.id === mine.id) unlinkSync(file);
    } catch {
      // The folder was removed, and the lock file with it.
    }
    removeEmpty(folder, made);
  };
  process.on('exit', giveBack);
  const release = (): Promise<void> => {
    giveBack();
    return Promise.resolve();
  };
  return { path: folder, release, [Symbol.asyncDispose]: release };
}

function removeEmpty(folder: string, made: string | undefined): void {
  if (made === undefined) return;
  try {
    for (let each = folder; each.length >= made.length; each = dirname(each)) rmdirSync(each);
  } catch {
    // The folder is not empty.
  }
}

/** Writes `mine` to the lock file, replacing a holder whose process has ended. */
async function acquire(file: string, mine: LockHolder, guards: number): Promise<void> {
  for (;;) {
    if (await createFileAtomic(file, textOf(mine))) return;
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw fileError('the lock cannot be read', file, cause);
    });
    // The lock was released between the two calls.
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder === undefined || !isGone(holder) || guards === mostGuards) refuse(file, holder);
    // Only the process that holds the guard file of the dead holder may replace its lock. So two
    // processes that find the holder dead at the same time cannot remove each other's new lock.
    const guard = `${file}.${holder.id}`;
    await acquire(guard, mine, guards + 1);
    try {
      const still = parseHolder(await readFile(file, 'utf8').catch(() => ''));
      if (still?.id === holder.id) {
        await writeFileAtomic(file, textOf(mine));
        return;
      }
    } finally {
      await rm(guard, { force: true });
    }
  }
}

function textOf(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

function refuse(file: string, holder: LockHolder | undefined): never {
  const own = holder !== undefined && isThisProcess(holder);
  throw new LockError(
    own ? 'this process already writes to the folder' : 'a different process writes to the folder',
    {
      where: dirname(file),
      got:
        holder === undefined
          ? 'a lock file that is damaged'
          : `process ${holder.pid} on ${holder.host}, since ${holder.since}`,
      advice: `Wait until that process has ended, or choose a different folder. If you know that it has ended, remove ${file}.`,
      holder,
    },
  );
}
