import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** How files end that are being written, or whose writer was ended. */
const PARTIAL = '.partial';
/** Bytes of the SHA-256 with which a file begins. */
const DIGEST = 32;

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/**
 * The contents of a file of {@link writeSealed}, which counts as used now; null if there is none.
 * @throws Error for a file that is not whole: a plugin given such bytes may end the process.
 */
export function readSealed(path: string): Uint8Array | null {
  if (!existsSync(path)) return null;
  const file = readFileSync(path);
  const contents = file.subarray(DIGEST);
  if (!digestOf(contents).equals(file.subarray(0, DIGEST))) {
    throw new Error('its contents are not those that were written.');
  }
  const now = new Date();
  utimesSync(path, now, now);
  return contents;
}

/** Writes a file behind its SHA-256. Other processes see all of it, or what was there before. */
export function writeSealed(path: string, contents: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}${PARTIAL}`;
  try {
    writeFileSync(partial, Buffer.concat([digestOf(contents), contents]));
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Removes the files that were not used for longest, until the others have no more bytes than these. What a
 * writer that was ended left behind counts among them.
 */
export function trimFolder(folder: string, suffix: string, maxBytes: number): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(suffix) || name.endsWith(PARTIAL))
    .flatMap((name) => {
      const path = join(folder, name);
      // Another process may have taken it away, or given it its name.
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, size: found.size, mtimeMs: found.mtimeMs }];
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { path, size } of files) {
    bytes += size;
    if (bytes > maxBytes) rmSync(path, { force: true });
  }
}
