import { readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CrossweaveError, type ErrorDetails } from '../errors';
import { codeOf, fileError } from './file-error';
import { createFileAtomic, makeFolder, writeFileAtomic } from './files';
import { isGone, isThisProcess, parseHolder, thisProcess, type LockHolder } from './lock-holder';

/** A folder that this process alone writes to, until it is released. */
export interface FolderLock extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** Gives the folder back, and removes it where it was made by the lock and is still empty. */
  release(): Promise<void>;
}

/** Another process writes to the folder, or may do so. */
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
/** A guard of a guard of a guard: three processes would have had to die within microseconds. */
const mostGuards = 3;

/**
 * Takes a folder for this process: two that wrote to one folder would mix their files. The folder
 * is made when it is not there. The lock is a file with the process's id and start; one whose
 * process has ended, on this machine, is taken over. It is released by `release`, at the end of
 * an `await using` block, and when the process exits (not when it is killed).
 *
 * No timer keeps the lock fresh, because training holds the thread for longer than a heartbeat may wait.
 *
 * @throws LockError when another process has the folder, or this one already has it; DataError
 *   when the folder cannot be made or written to.
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
  // Synchronous, since it is also what is left to do when the process exits.
  const giveBack = (): void => {
    process.removeListener('exit', giveBack);
    try {
      if (parseHolder(readFileSync(file, 'utf8'))?.id === mine.id) unlinkSync(file);
    } catch {
      // The folder has vanished, and the lock with it.
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
    // Something is in it by now.
  }
}

/** Puts `mine` into the lock file, in place of a holder that is gone if there is one. */
async function acquire(file: string, mine: LockHolder, guards: number): Promise<void> {
  for (;;) {
    if (await createFileAtomic(file, textOf(mine))) return;
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw fileError('the lock cannot be read', file, cause);
    });
    // Given back between the two calls.
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder === undefined || !isGone(holder) || guards === mostGuards) refuse(file, holder);
    // Whoever holds the guard of this one dead holder may replace its lock, and nobody else: two
    // that find it dead at the same time cannot remove each other's fresh lock.
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
    own ? 'this process already writes to the folder' : 'another process writes to the folder',
    {
      where: dirname(file),
      got:
        holder === undefined
          ? 'a lock file that is damaged'
          : `process ${holder.pid} on ${holder.host}, since ${holder.since}`,
      advice: `Wait for it to end, or choose another folder. If you know that it has ended, remove ${file}.`,
      holder,
    },
  );
}
