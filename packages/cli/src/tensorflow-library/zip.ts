import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { FileFormatError } from '@crossweave/core';

/** A file inside a zip archive. */
interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly compressedSize: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/**
 * Unpacks the files of a zip archive (as wheels are) whose names are wanted, and resolves with
 * these names. Large archives and files are streamed.
 *
 * Format: PKWARE's APPNOTE.TXT, 4.3; archives of 4 GiB and more (zip64) are not read.
 *
 * @throws FileFormatError when it is no such archive or is cut off.
 */
export async function unpackZip(
  path: string,
  folder: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const file = await open(path);
  try {
    const entries = (await readEntries(file, path)).filter(
      ({ name }) => !name.endsWith('/') && wanted(name),
    );
    for (const entry of entries) await unpackEntry(file, path, entry, folder, signal);
    return entries.map(({ name }) => name);
  } finally {
    await file.close();
  }
}

async function readEntries(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  // The end record has 22 bytes and a comment of at most 65,535.
  const tail = await readAt(file, path, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Uint8Array.of(0x50, 0x4b, 5, 6));
  if (end < 0 || end + 22 > tail.length) throw damaged(path, 'it has no end record');
  const count = tail.readUInt16LE(end + 10);
  const directoryOffset = tail.readUInt32LE(end + 16);
  if (count === 0xffff || directoryOffset === 0xffffffff) throw damaged(path, 'it is a zip64');
  const directory = await readAt(file, path, directoryOffset, tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw damaged(path, 'its directory is cut off');
    }
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpackEntry(
  file: FileHandle,
  path: string,
  { name, method, compressedSize, offset }: ZipEntry,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const target = resolve(folder, name);
  if (!target.startsWith(resolve(folder) + sep)) throw damaged(path, `${name} leads out of it`);
  if (method !== 0 && method !== 8) throw damaged(path, `${name} is packed by method ${method}`);
  await mkdir(dirname(target), { recursive: true });
  const header = await readAt(file, path, offset, 30);
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed =
    compressedSize === 0 ? [] : createReadStream(path, { start, end: start + compressedSize - 1 });
  const output = createWriteStream(target);
  try {
    if (method === 0) await pipeline(packed, output, { signal });
    else await pipeline(packed, createInflateRaw(), output, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw damaged(path, `${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

async function readAt(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw damaged(path, 'it is cut off');
  return buffer;
}

function damaged(path: string, got: string): FileFormatError {
  return new FileFormatError('the archive cannot be unpacked', {
    where: path,
    expected: 'a wheel or another zip archive',
    got,
  });
}
