import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Largest of git's files that is read: a longer one belongs to no repository that people work in. */
const largest = { pointer: 4096, packedRefs: 64 * 2 ** 20 };
const commit = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * The commit that is checked out around a folder, or undefined: outside a repository, before the
 * first commit, or where git's files are damaged. It reads files and runs no program, because a
 * repository's own settings can make `git status` run any.
 */
export function gitRevision(folder: string): string | undefined {
  const own = findGitFolder(resolve(folder));
  if (own === undefined) return undefined;
  const head = read(join(own, 'HEAD'), largest.pointer);
  if (head === undefined || commit.test(head)) return head;
  const name = /^ref: (refs\/[\w./+@-]+)$/.exec(head)?.[1];
  if (name === undefined || name.split('/').includes('..')) return undefined;
  // Branches of a linked worktree lie in the repository it belongs to.
  const shared = read(join(own, 'commondir'), largest.pointer);
  const common = shared === undefined ? own : resolve(own, shared);
  const found =
    read(join(own, name), largest.pointer) ??
    read(join(common, name), largest.pointer) ??
    packed(common, name);
  return found !== undefined && commit.test(found) ? found : undefined;
}

/** The `.git` of the nearest folder that has one; where it is a file, the folder that it names. */
function findGitFolder(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    if (read(join(git, 'HEAD'), largest.pointer) !== undefined) return git;
    const named = /^gitdir: (.+)$/.exec(read(git, largest.pointer) ?? '')?.[1];
    if (named !== undefined) return resolve(folder, named);
    if (folder === dirname(folder)) return undefined;
  }
}

function packed(common: string, name: string): string | undefined {
  const lines = read(join(common, 'packed-refs'), largest.packedRefs)?.split('\n') ?? [];
  return lines.find((line) => line.endsWith(` ${name}`))?.slice(0, -name.length - 1);
}

/** A file's text without the space around it; undefined when it is no file, too large or unreadable. */
function read(path: string, limit: number): string | undefined {
  let file: number;
  try {
    // Opening a named pipe would otherwise wait for someone to write into it.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile() || size > limit) return undefined;
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
