import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DataError } from '@crossweave/core';

/** The bytes of a text, which can be read from the beginning again. */
export interface TextSource {
  /** Path, for messages. */
  readonly file: string;
  chunks(): AsyncIterable<Uint8Array>;
}

const bytesAtATime = 256 * 1024;

/**
 * A file as a source.
 *
 * @throws DataError when it is missing, or no regular file
 * @throws the signal's reason once it is aborted, from `chunks` too
 */
export async function fileSource(
  file: string,
  signal: AbortSignal | undefined,
): Promise<TextSource> {
  signal?.throwIfAborted();
  const found = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  // A FIFO or a device would be read without an end.
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a folder' : 'a pipe, a socket or a device';
    throw failure(file, 'the captions file is no file', kind);
  }
  return {
    file,
    async *chunks() {
      try {
        const options = { highWaterMark: bytesAtATime, ...(signal && { signal }) };
        for await (const chunk of createReadStream(file, options)) yield chunk as Buffer;
      } catch (cause) {
        signal?.throwIfAborted();
        throw unreadable(file, cause);
      }
    },
  };
}

function unreadable(file: string, cause: unknown): DataError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
  const what = code === 'ENOENT' ? 'is missing' : 'cannot be read';
  return failure(file, `the captions file ${what}`, code, cause);
}

function failure(file: string, what: string, got: string, cause?: unknown): DataError {
  return new DataError(what, {
    where: file,
    expected: 'a JSONL, CSV or TSV file',
    got,
    advice: 'Check the path; a data folder holds its captions in a file such as captions.jsonl.',
    cause,
  });
}
