import { basename, resolve, sep } from 'node:path';
import { isUrl, shardName } from './shards';

/**
 * A name for each of several files by which no two are taken for one another: the base name, with as
 * many folders before it as tell it from files of the same base name (`a/0.tar` and `b/0.tar`). The
 * names of samples are made of these, so that samples of two files are never one sample.
 */
export function distinctNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => (isUrl(path) ? shardName(path) : basename(path)));
  for (let depth = 2; ; depth++) {
    const again = repeated(names);
    if (again.length === 0) return names;
    let longer = false;
    for (const at of again) {
      const parts = partsOf(paths[at]!);
      longer ||= depth <= parts.length;
      names[at] = parts.slice(-depth).join('/');
    }
    // What even whole paths do not tell apart are addresses that ask for different things.
    if (!longer) return names.map((name, at) => (again.includes(at) ? paths[at]! : name));
  }
}

/** Where the names are that stand there more than once. */
function repeated(names: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.flatMap((name, at) => (counts.get(name) === 1 ? [] : at));
}

function partsOf(path: string): string[] {
  if (!isUrl(path)) return resolve(path).split(sep).filter(Boolean);
  const { host, pathname } = new URL(path);
  return [host, ...pathname.split('/').filter(Boolean)];
}
