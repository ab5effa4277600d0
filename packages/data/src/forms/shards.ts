import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { DataError } from '@crossweave/core';
import { FileReader, StreamReader, type ByteReader } from './byte-reader';

/** `shard-{000..012}.tar` as all of its names; other names as they are. */
export function expandBraces(path: string): string[] {
  const found = /\{(\d+)\.\.(\d+)\}/.exec(path);
  if (found === null) return [path];
  const [all, from = '', to = ''] = found;
  const [first, last] = [Number(from), Number(to)];
  if (last < first || last - first > 1_000_000) return [path];
  return Array.from({ length: last - first + 1 }, (_, i) =>
    path.replace(all, String(first + i).padStart(from.length, '0')),
  ).flatMap(expandBraces);
}

export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** Its name without folders and without what a URL asks for. */
export function shardName(shard: string): string {
  return isUrl(shard) ? basename(new URL(shard).pathname) : basename(shard);
}

/** Whether what is passed over need not be read: a tar file on disk. */
export function isSeekable(shard: string): boolean {
  return !isUrl(shard) && !isCompressed(shard);
}

function isCompressed(shard: string): boolean {
  return /\.(tgz|gz)$/i.test(shardName(shard));
}

/** @throws DataError when the shard is not there */
export async function openShard(
  shard: string,
  signal: AbortSignal | undefined,
): Promise<ByteReader> {
  if (isSeekable(shard)) {
    return FileReader.open(shard).catch((cause: unknown) => {
      throw missing(shard, cause);
    });
  }
  const raw = isUrl(shard) ? await download(shard, signal) : createReadStream(shard);
  return new StreamReader(guarded(raw, shard, signal));
}

/** Errors of the stream as typed ones. */
async function* guarded(
  raw: Readable,
  shard: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const unpacked = isCompressed(shard) ? raw.pipe(createGunzip()) : raw;
  if (unpacked !== raw) raw.once('error', (error) => unpacked.destroy(error));
  try {
    for await (const chunk of unpacked) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw missing(shard, cause);
  } finally {
    raw.destroy();
  }
}

const tries = 3;

async function download(url: string, signal: AbortSignal | undefined): Promise<Readable> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, signal ? { signal } : {});
      if (response.ok && response.body !== null) {
        return Readable.fromWeb(response.body);
      }
      await response.body?.cancel();
      const lasting = response.status < 500 && response.status !== 429;
      if (lasting || attempt === tries) throw missing(url, new Error(`HTTP ${response.status}`));
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof DataError) throw cause;
      if (attempt === tries) throw missing(url, cause);
    }
    await setTimeout(250 * 2 ** attempt);
  }
}

function missing(shard: string, cause: unknown): DataError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return new DataError('the shard cannot be read', {
    where: shard,
    expected: 'a whole tar archive, or one compressed by gzip',
    got: code ?? (cause instanceof Error ? cause.message : String(cause)),
    advice: 'Check its path or address, or get it anew.',
    cause,
  });
}
